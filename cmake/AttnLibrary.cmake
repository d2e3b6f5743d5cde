# Functions that every library, tool and generated header of the project uses,
# so that a CMakeLists.txt lists sources and nothing else.

# attn_tablegen(<td file> <library target> <-gen-x out.inc>...)
# Generates headers from one .td file under a target that libraries depend on.
function(attn_tablegen td target)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(args ${ARGN})
  while(args)
    list(POP_FRONT args output)
    list(POP_FRONT args flags)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    mlir_tablegen(${output} ${flags})
  endwhile()
  add_public_tablegen_target(${target})
  set_property(GLOBAL APPEND PROPERTY ATTN_TABLEGEN_TARGETS ${target})
endfunction()

# attn_add_library(<name> <source>... [LINK_LIBS <library>...])
# A static library that sees the generated headers and links MLIR's shared one.
function(attn_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  llvm_update_compile_flags(${name})
  get_property(tablegen GLOBAL PROPERTY ATTN_TABLEGEN_TARGETS)
  if(tablegen)
    add_dependencies(${name} ${tablegen})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} MLIR LLVM)
endfunction()

# attn_add_tool(<name> <source>... [LINK_LIBS <library>...])
# A program in build/bin.
function(attn_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  llvm_update_compile_flags(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
endfunction()
