# Compiler, linker and cache. g++ 12 is refused: it miscompiles ordinary
# coroutines (docs/architecture.md, "Language").
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Argosy needs clang 19 or newer; use a preset, as in: cmake --preset release")
endif()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -gline-tables-only")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wthread-safety
  -Wno-gnu-statement-expression -Wno-missing-field-initializers
  -fno-plt -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(ARGOSY_WERROR)
  add_compile_options(-Werror)
endif()
if(ARGOSY_SANITIZE)
  # Lines are what the reports show, and a third of the time of a full -g.
  add_compile_options(-gline-tables-only)
  add_compile_options(-fsanitize=${ARGOSY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ARGOSY_SANITIZE})
endif()
if(ARGOSY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

find_program(LLD ld.lld-19)
if(LLD)
  add_link_options(-fuse-ld=${LLD} -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options(-Xclang -fno-pch-timestamp)
endif()
find_package(Threads REQUIRED)
