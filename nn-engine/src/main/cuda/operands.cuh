// What matrix products read: matrices, and images and weights that are seen as matrices.
//
// An operand has two axes, `across` (rows of the left, columns of the right matrix) and `inner` (what
// is summed over). An index along each adds its share to where an element lies; an element outside
// of its image is zero. Four neighbours along one of the axes are read at once where `vector` says
// that they lie side by side, aligned, and all inside or all outside.
#pragma once
#include "gpu.cuh"

#ifdef __CUDACC__
#define MEMBER __device__ __forceinline__
#define ROLLED _Pragma("unroll 1")
#define UNROLL_2 _Pragma("unroll 2")
#else
#define MEMBER inline
#define ROLLED
#define UNROLL_2
#endif

// The share of one index: of the offset, of the position in an image, and of the number of a plane.
struct Place {
  int offset, y, x, plane;
};

// An axis along which elements lie at equal distances.
struct Linear {
  static constexpr bool AHEAD = false;
  int stride;
  MEMBER Place at(int i) const { return {i * stride, 0, 0, 0}; }
};

// An axis of weights: position in the kernel and channel. An entry is {offset in the image, y and x
// (16 bits each), channel, offset in the weights}.
struct Taps {
  static constexpr bool AHEAD = true;  // worth loading a step before it is needed
  const int4* entries;
  MEMBER Place at(int i) const {
    int4 e = __ldg(entries + i);
    return {e.x, e.y >> 16, static_cast<int16_t>(e.y), e.z};
  }
};

// The same axis as the weights themselves have it.
struct TapWeights {
  static constexpr bool AHEAD = true;
  const int4* entries;
  MEMBER Place at(int i) const { return {__ldg(&entries[i].w), 0, 0, 0}; }
};

// Division of numbers below 2^31 by a number that the host prepared.
struct Divisor {
  unsigned magic, shift;
  MEMBER int quotient(int n) const {
    unsigned u = static_cast<unsigned>(n);
    return static_cast<int>((__umulhi(u, magic) + u) >> shift);
  }
};

// An axis of positions [image, row, column] where a kernel is applied.
struct Pixels {
  static constexpr bool AHEAD = false;
  Divisor by_image, by_row;
  int per_image, per_row;
  int image_stride, row_stride, column_stride, start;  // of the offset
  int y, x, step;                                      // position of the first one, and distance
  int planes;                                          // of one image
  MEMBER Place at(int i) const {
    int n = by_image.quotient(i);
    int p = i - n * per_image;
    int row = by_row.quotient(p);
    int column = p - row * per_row;
    return {start + n * image_stride + row * row_stride + column * column_stride, y + row * step,
            x + column * step, n * planes};
  }
};

// An operand of f32. `ALONG` says that neighbours along the inner axis are read together, otherwise
// those along the other one. `CHECKED`: elements may lie outside of the image.
template <class Across, class Inner, bool ALONG_INNER, bool CHECKED>
struct Floats {
  using Element = float;
  static constexpr bool ALONG = ALONG_INNER;
  static constexpr bool COPIED = true;  // as it lies in memory
  static constexpr bool EXACT = false;  // tensor cores take it without rounding
  using Held = float4;                  // four neighbours on their way through registers
  const float* data;
  Across across;
  Inner inner;
  int height, width;
  bool vector;

  // Where a thread reads: the first place's share, which stays.
  struct Line {
    Place place;
    const float* base;
  };
  MEMBER Line line(Place place) const { return {place, data + place.offset}; }
  // Where four at the line's and another place lie; false if there are none.
  MEMBER bool follow(Line& line, Place other, const float*& at) const {
    at = line.base;
    return reach(at, line.place, other);
  }

  // Where the element of two places lies, `at` being where the first one's share leads from `data`;
  // false if there is none.
  MEMBER bool reach(const float*& at, Place a, Place b) const {
    at += b.offset;
    return !CHECKED || (static_cast<unsigned>(a.y + b.y) < static_cast<unsigned>(height) &&
                        static_cast<unsigned>(a.x + b.x) < static_cast<unsigned>(width));
  }
  MEMBER static float one(const float* at) { return __ldg(at); }
  MEMBER static float4 load(const float* at, bool wanted) {
    return wanted ? __ldg(reinterpret_cast<const float4*>(at)) : make_float4(0, 0, 0, 0);
  }
  MEMBER static float4 numbers(float4 held) { return held; }
};

// An operand of u8: an image, or planes that indices pick from a table (-1: a plane of zeros).
template <class Across, class Inner, bool ALONG_INNER>
struct Bytes {
  using Element = uint8_t;
  static constexpr bool ALONG = ALONG_INNER;
  static constexpr bool COPIED = false;
  static constexpr bool EXACT = true;  // 8 bits fit the mantissa of a tf32 and of a bf16
  using Held = unsigned;
  const uint8_t* data;
  const int* indices;  // of planes, or null
  int plane_bytes;
  Across across;
  Inner inner;
  int height, width;
  bool vector;

  // Where a thread reads: the present plane of its line. Fours are never outside of a plane.
  struct Line {
    Place place;
    const uint8_t* base;
    int plane;
  };
  MEMBER Line line(Place place) const { return {place, data + place.offset, -1}; }
  MEMBER bool follow(Line& line, Place other, const uint8_t*& at) const {
    if (indices && line.plane != line.place.plane + other.plane) {
      line.plane = line.place.plane + other.plane;
      int index = __ldg(indices + line.plane);
      line.base = data + (static_cast<int64_t>(index) * plane_bytes + line.place.offset);
      if (index < 0) line.base = nullptr;
    }
    at = line.base + other.offset;
    return line.base != nullptr;
  }

  MEMBER bool reach(const uint8_t*& at, Place a, Place b) const {
    if (static_cast<unsigned>(a.y + b.y) >= static_cast<unsigned>(height) ||
        static_cast<unsigned>(a.x + b.x) >= static_cast<unsigned>(width))
      return false;
    int index = indices ? __ldg(indices + (a.plane + b.plane)) : 0;
    at += static_cast<int64_t>(index) * plane_bytes + b.offset;
    return index >= 0;
  }
  // 2^23 + n has n in its lowest bits: cheaper than a conversion.
  MEMBER static float number(unsigned byte) {
    return __uint_as_float(0x4b000000u | byte) - 8388608.f;
  }
  MEMBER static float one(const uint8_t* at) { return number(__ldg(at)); }
  MEMBER static unsigned load(const uint8_t* at, bool wanted) {
    return wanted ? __ldg(reinterpret_cast<const unsigned*>(at)) : 0u;
  }
  MEMBER static float4 numbers(unsigned held) {
    return make_float4(number(held & 255u), number(held >> 8 & 255u), number(held >> 16 & 255u),
                       number(held >> 24));
  }
};
