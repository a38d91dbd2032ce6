// Vectors of `CK_LANES` elements in the compiler's vector extension. Included once by each
// instruction set's file, inside its target region. The file defines CK_LANES, CK_ROWS (rows of a
// GEMM tile) and CK_HAS_FMA before.

#define CK_INLINE static inline __attribute__((always_inline))

// Operand of an empty assembly statement that pins a vector in a register.
#if defined(__aarch64__)
#define CK_REGISTER(v) "+w"(v)
#elif defined(__x86_64__)
#define CK_REGISTER(v) "+v"(v)
#else
#define CK_REGISTER(v) "+m"(v)
#endif

typedef float vf __attribute__((ext_vector_type(CK_LANES)));
typedef int32_t vi __attribute__((ext_vector_type(CK_LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(CK_LANES)));
typedef int64_t vl __attribute__((ext_vector_type(CK_LANES)));
typedef int16_t vs __attribute__((ext_vector_type(CK_LANES)));
typedef int8_t vb __attribute__((ext_vector_type(CK_LANES)));
typedef uint8_t vub __attribute__((ext_vector_type(CK_LANES)));

CK_INLINE vf vf_splat(float x) { return (vf)x; }

CK_INLINE vf vf_load(const float *from) {
  vf v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

CK_INLINE void vf_store(float *to, vf v) { __builtin_memcpy(to, &v, sizeof v); }

CK_INLINE vi vi_load(const int32_t *from) {
  vi v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

CK_INLINE void vi_store(int32_t *to, vi v) { __builtin_memcpy(to, &v, sizeof v); }

/// Reads the first `count` lanes; the others are zero.
CK_INLINE vf vf_load_part(const float *from, size_t count) {
#if CK_LANES == 16
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#else
  float lanes[CK_LANES] = {0};
  for (size_t i = 0; i < count; i++) lanes[i] = from[i];
  return vf_load(lanes);
#endif
}

CK_INLINE void vf_store_part(float *to, vf v, size_t count) {
#if CK_LANES == 16
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)v);
#else
  float lanes[CK_LANES];
  vf_store(lanes, v);
  for (size_t i = 0; i < count; i++) to[i] = lanes[i];
#endif
}

/// `a * b + c`, rounded once where the instruction set has FMA.
CK_INLINE vf vf_fma(vf a, vf b, vf c) {
#if CK_HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// Clamps to `lower ... upper`; NaN stays NaN.
CK_INLINE vf vf_clamp(vf x, vf lower, vf upper) {
  x = x < lower ? lower : x;
  return x > upper ? upper : x;
}

/// Rounds values of magnitude below 2^22 to nearest even: adding 1.5 * 2^23 leaves no fraction.
CK_INLINE vf vf_round(vf x) {
  const float magic = 12582912.0f;
  vf shifted = x + magic;
  return shifted - magic;
}

/// The same as an integer.
CK_INLINE vi vf_round_to_integer(vf x) {
  const float magic = 12582912.0f;
  return (vi)(x + magic) - (vi)(vf)magic;
}

CK_INLINE vf vf_abs(vf x) { return (vf)((vi)x & 0x7FFFFFFF); }

/// `magnitude` with the sign of `sign`.
CK_INLINE vf vf_with_sign(vf magnitude, vf sign) {
  return (vf)((vi)magnitude | ((vi)sign & (int32_t)0x80000000));
}
