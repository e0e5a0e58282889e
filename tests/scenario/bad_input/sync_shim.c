/* Preloaded into a server: syncing a file fails with EIO while $ARGOSY_SYNC_FAILS exists. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(void) {
  const char* path = getenv("ARGOSY_SYNC_FAILS");
  if (!path || access(path, F_OK) != 0) return 0;
  errno = EIO;
  return 1;
}

int fsync(int fd) {
  return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}
