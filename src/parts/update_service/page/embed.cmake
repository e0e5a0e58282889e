# cmake -DFROM=DIRECTORY -DTO=FILE -P embed.cmake: a source file with the built page's files, or
# with none when the directory has none.
file(GLOB_RECURSE paths RELATIVE ${FROM} ${FROM}/*)
list(SORT paths)
set(arrays "")
set(entries "")
set(number 0)
foreach(path ${paths})
  file(READ ${FROM}/${path} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {${bytes}0};\n")
  string(APPEND entries
         "  files.push_back({.path = \"${path}\",\n"
         "                   .content = Bytes(reinterpret_cast<const char*>(kFile${number}),\n"
         "                                    sizeof kFile${number} - 1)});\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${TO} "#include \"parts/update_service/page/page.h\"

namespace argosy::update_service {
namespace {
${arrays}}  // namespace

std::vector<PageFile> built_in_files() {
  std::vector<PageFile> files;
${entries}  return files;
}

}  // namespace argosy::update_service
")
