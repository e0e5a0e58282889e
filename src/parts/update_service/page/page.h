// The operators' page: its files, built by web/update_service, over HTTP with a strict content
// security policy (CSP level 3), ETags and cache lifetimes. The files are held in memory, so no
// name in a request ever reaches a file system. The loop's thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/http/exchange.h"
#include "sys/file/disk.h"

namespace argosy::update_service {

struct PageFile {
  std::string path;  // below the page's root: "assets/index-1a2b.js"
  Bytes content;
};
// What was built into the program; none when it was built without the page.
std::vector<PageFile> built_in_files();
// All files below a directory, links followed; at most 16 MiB and four levels.
Result<std::vector<PageFile>> read_page_files(Disk& disk, const std::string& directory);

std::string_view content_type_of(std::string_view path);

class Page {
 public:
  // Without an index.html it says how to build one.
  explicit Page(std::vector<PageFile> files);

  // To be mounted at "/"; outlives the server. A path without a file of its own is one that
  // the page's script knows, and gets index.html; below assets/ it is not found.
  HttpHandler handler();

 private:
  struct Served {
    Bytes content;
    std::string etag;
    std::string_view type;
    bool never_changes = false;  // its name says what is in it
  };
  void add(PageFile file);
  const Served* find(const RequestHead& head) const;
  void serve(Exchange& exchange) const;

  std::map<std::string, Served, std::less<>> files_;
};

}  // namespace argosy::update_service
