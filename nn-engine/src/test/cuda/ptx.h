// What the driver reads of a PTX text; the code in it does not count, g++ has compiled its source.
#pragma once
#include <map>
#include <string>
#include <vector>

struct Entry {
  std::vector<int> parameters;  // bytes each
  unsigned most_threads = 1024;
  unsigned shared_bytes = 0;  // of fixed size
};

struct Ptx {
  int version = 0;  // 70 for 7.0
  int target = 0;   // 80 for sm_80
  std::map<std::string, Entry> entries;
};

// A text without .version and .target gives a Ptx whose version or target is 0.
Ptx parse_ptx(const std::string& text);
