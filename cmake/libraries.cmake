# Every library from outside, under one name each. A folder that wraps one lists
# it under LIBS; the linter keeps its headers out of all other folders.
find_package(PkgConfig REQUIRED)

function(outside_library name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${ARGN})
  add_library(lib::${name} ALIAS PkgConfig::${name})
endfunction()

outside_library(curl libcurl)
outside_library(fmt fmt)
outside_library(uv libuv)
outside_library(nghttp2 libnghttp2)
outside_library(openssl openssl)
outside_library(protobuf protobuf)
outside_library(pugixml pugixml)
outside_library(systemd libsystemd)
outside_library(yaml yaml-0.1)
outside_library(sqlite3 sqlite3)
outside_library(pq libpq)
outside_library(zlib zlib)
outside_library(lzma liblzma)
outside_library(zstd libzstd)
outside_library(isal libisal)
outside_library(divsufsort libdivsufsort)
outside_library(ext2fs ext2fs com_err)

find_package(spdlog REQUIRED)
add_library(lib::spdlog ALIAS spdlog::spdlog)

find_package(prometheus-cpp REQUIRED)
add_library(lib::prometheus ALIAS prometheus-cpp::core)

# Beast is header only and so needs no more than Boost's include path.
add_library(boost_json INTERFACE)
target_link_libraries(boost_json INTERFACE boost_json_so)
add_library(boost_json_so SHARED IMPORTED)
find_library(BOOST_JSON_SO NAMES libboost_json.so.1.81.0 boost_json REQUIRED)
set_target_properties(boost_json_so PROPERTIES IMPORTED_LOCATION ${BOOST_JSON_SO})
add_library(lib::boost_json ALIAS boost_json)
add_library(boost_beast INTERFACE)
add_library(lib::boost_beast ALIAS boost_beast)

# Debian gives no pkg-config file for it.
find_library(BZ2 NAMES bz2 REQUIRED)
add_library(bzip2_so SHARED IMPORTED GLOBAL)
set_target_properties(bzip2_so PROPERTIES IMPORTED_LOCATION ${BZ2})
add_library(lib::bzip2 ALIAS bzip2_so)
