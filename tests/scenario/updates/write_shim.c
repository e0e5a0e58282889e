// Counts what a program writes below a directory or to a block device, and kills it just
// before the one it is told: TEST_BELOW, TEST_DIE_AT, TEST_COUNT_TO.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long count;

static void count_one(int fd) {
  char name[64];
  char path[PATH_MAX];
  struct stat info;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(name, path, sizeof path - 1);
  const char* below = getenv("TEST_BELOW");
  if (size < 0 || below == NULL) return;
  path[size] = '\0';
  const int is_device = fstat(fd, &info) == 0 && S_ISBLK(info.st_mode);
  if (!is_device && strncmp(path, below, strlen(below)) != 0) return;
  const long now = atomic_fetch_add(&count, 1) + 1;
  const char* die_at = getenv("TEST_DIE_AT");
  if (die_at != NULL && now == atol(die_at)) kill(getpid(), SIGKILL);
}

ssize_t pwrite64(int fd, const void* from, size_t size, off64_t offset) {
  static ssize_t (*real)(int, const void*, size_t, off64_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
  count_one(fd);
  return real(fd, from, size, offset);
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t offset) {
  return pwrite64(fd, from, size, offset);
}
int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = dlsym(RTLD_NEXT, "fsync");
  count_one(fd);
  return real(fd);
}
int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = dlsym(RTLD_NEXT, "fdatasync");
  count_one(fd);
  return real(fd);
}

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("TEST_COUNT_TO");
  FILE* file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld", atomic_load(&count));
  fclose(file);
}
