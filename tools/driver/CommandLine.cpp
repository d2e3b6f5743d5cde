//===- CommandLine.cpp - the options of a program -------------------------===//
//
// Implements the parser of command lines and the help.
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace llvm;
using namespace attn::exec;
using namespace attn::driver;

StringRef CommandLine::Option::getName() const {
  return shown.take_until([](char c) { return c == '=' || c == ' '; });
}

void CommandLine::add(StringRef shown, StringRef help, std::string &value) {
  options.push_back({shown, help, [&value](StringRef text) {
                       value = text.str();
                       return llvm::Error::success();
                     }});
}

void CommandLine::add(StringRef shown, StringRef help,
                      std::vector<std::string> &values) {
  options.push_back({shown, help, [&values](StringRef text) {
                       values.push_back(text.str());
                       return llvm::Error::success();
                     }});
}

void CommandLine::add(StringRef shown, StringRef help, int64_t &value,
                      int64_t least) {
  Option option{shown, help, nullptr};
  StringRef name = option.getName();
  option.take = [&value, name, least](StringRef text) -> llvm::Error {
    int64_t number;
    if (text.getAsInteger(10, number) || number < least)
      return makeError(ErrorKind::InvalidArgument,
                       "{0}={1}, expected a number of at least {2}", name, text,
                       least);
    value = number;
    return llvm::Error::success();
  };
  options.push_back(std::move(option));
}

llvm::Error CommandLine::parse(ArrayRef<const char *> arguments,
                               std::string &file, bool &isHelp) {
  bool hasFile = false;
  while (!arguments.empty()) {
    StringRef argument = arguments.front();
    arguments = arguments.drop_front();
    if (argument == "--help" || argument == "-h") {
      isHelp = true;
      return llvm::Error::success();
    }
    if (argument == "-" || !argument.starts_with("-")) {
      if (hasFile)
        return makeError(ErrorKind::InvalidArgument,
                         "'{0}' is a second file, expected one", argument);
      hasFile = true;
      file = argument.str();
      continue;
    }
    StringRef name, value;
    std::tie(name, value) = argument.split('=');
    const Option *option =
        find_if(options, [&](const Option &o) { return o.getName() == name; });
    if (option == options.end()) {
      StringRef nearest;
      unsigned distance = 4;
      for (const Option &o : options)
        if (unsigned d = name.edit_distance(o.getName()); d < distance) {
          distance = d;
          nearest = o.getName();
        }
      std::string hint = nearest.empty()
                             ? "see --help"
                             : ("did you mean " + nearest + "?").str();
      return makeError(ErrorKind::InvalidArgument, "unknown option {0}: {1}",
                       name, hint);
    }
    if (!argument.contains('=')) {
      if (arguments.empty())
        return makeError(ErrorKind::InvalidArgument,
                         "{0} has no value, expected {1}", name, option->shown);
      value = arguments.front();
      arguments = arguments.drop_front();
    }
    if (llvm::Error error = option->take(value))
      return error;
  }
  if (!hasFile)
    return makeError(ErrorKind::InvalidArgument,
                     "no file, expected FILE.mlir, or - for stdin");
  return llvm::Error::success();
}

void CommandLine::printHelp(raw_ostream &os, StringRef program) const {
  os << "usage: " << program << ' ' << usage << "\n\n" << overview << '\n';
  for (const Option &option : options)
    os << "  " << left_justify(option.shown, 22) << option.help << '\n';
}
