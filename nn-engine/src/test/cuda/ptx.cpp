#include "ptx.h"
#include <cctype>
#include <cstdlib>

namespace {

size_t after(const std::string& text, const std::string& word, size_t from = 0) {
  size_t at = text.find(word, from);
  return at == std::string::npos ? at : at + word.size();
}

// "// comment" is blanked, so that words in comments do not count.
std::string without_comments(std::string text) {
  for (size_t at = text.find("//"); at != std::string::npos; at = text.find("//", at)) {
    for (; at < text.size() && text[at] != '\n'; at++) text[at] = ' ';
  }
  return text;
}

// The number in brackets of a declaration "name[64]"; 0 without brackets.
unsigned bracketed(const std::string& declaration) {
  size_t at = declaration.find('[');
  return at == std::string::npos
             ? 0
             : static_cast<unsigned>(std::strtoul(declaration.c_str() + at + 1, nullptr, 10));
}

// Of ".param .u64 .ptr name" or ".param .align 4 .b8 name[12]".
int parameter_bytes(const std::string& declaration) {
  if (unsigned bytes = bracketed(declaration)) return static_cast<int>(bytes);
  for (int bits : {8, 16, 32, 64})
    for (char kind : {'u', 's', 'b', 'f'})
      if (declaration.find(std::string(".") + kind + std::to_string(bits)) != std::string::npos)
        return bits / 8;
  return 0;
}

unsigned maximum_threads(const std::string& directives) {
  size_t at = after(directives, ".maxntid");
  if (at == std::string::npos) return 1024;
  unsigned threads = 1;
  const char* text = directives.c_str() + at;
  for (;;) {
    char* end;
    threads *= static_cast<unsigned>(std::strtoul(text, &end, 10));
    while (*end == ' ') end++;
    if (*end != ',') return threads;
    text = end + 1;
  }
}

// Of ".shared .align 16 .b8 name[4096];" in the body.
unsigned shared_bytes(const std::string& body) {
  unsigned total = 0;
  for (size_t at = body.find(".shared .align"); at != std::string::npos;
       at = body.find(".shared .align", at + 1)) {
    std::string declaration = body.substr(at, body.find(';', at) - at);
    unsigned alignment = static_cast<unsigned>(std::strtoul(declaration.c_str() + 14, nullptr, 10));
    int width = parameter_bytes(declaration.substr(0, declaration.find('[')));
    unsigned count = bracketed(declaration);
    if (alignment) total = (total + alignment - 1) / alignment * alignment;
    total += static_cast<unsigned>(width) * (count ? count : 1);
  }
  return total;
}

Entry parse_entry(const std::string& text, size_t open) {
  Entry entry;
  size_t close = text.find(')', open);
  size_t at = after(text, ".param", open);
  for (; at < close; at = after(text, ".param", at)) {
    size_t end = text.find_first_of(",)", at);
    entry.parameters.push_back(parameter_bytes(text.substr(at, end - at)));
  }
  size_t body = text.find_first_of("{;", close);
  if (body == std::string::npos) return entry;
  entry.most_threads = maximum_threads(text.substr(close, body - close));
  size_t end = text.find("\n}", body);
  entry.shared_bytes = shared_bytes(text.substr(body, end == std::string::npos ? end : end - body));
  return entry;
}

}  // namespace

Ptx parse_ptx(const std::string& source) {
  std::string text = without_comments(source);
  Ptx ptx;
  size_t at = after(text, ".version ");
  if (at != std::string::npos) {
    char* end;
    ptx.version = static_cast<int>(std::strtol(text.c_str() + at, &end, 10)) * 10;
    if (*end == '.') ptx.version += static_cast<int>(std::strtol(end + 1, nullptr, 10));
  }
  at = after(text, ".target sm_");
  if (at != std::string::npos)
    ptx.target = static_cast<int>(std::strtol(text.c_str() + at, nullptr, 10));
  for (at = after(text, ".entry "); at != std::string::npos; at = after(text, ".entry ", at)) {
    size_t open = text.find('(', at);
    if (open == std::string::npos) break;
    size_t end = at;
    while (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_') end++;
    ptx.entries[text.substr(at, end - at)] = parse_entry(text, open);
  }
  return ptx;
}
