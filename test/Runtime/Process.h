//===- Process.h - What the process tests get from outside ----------------===//
//
// Declares the arguments of the program that cases read.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_RUNTIME_PROCESS_H
#define ATTN_TEST_RUNTIME_PROCESS_H

/// The shared library built from Inputs/Plugin.cpp.
extern const char *pluginPath;

#endif // ATTN_TEST_RUNTIME_PROCESS_H
