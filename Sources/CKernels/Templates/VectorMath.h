// Elementary functions. Polynomials are weighted least-squares fits (Lawson's iteration, float64)
// over the stated range; their own error is below 1e-8, rounding dominates.

/// exp(x): 2^n * exp(r), r = x - n ln 2 in about -0.347 ... 0.347 (W. Cody and W. Waite, "Software
/// Manual for the Elementary Functions", 1980, ch. 6, for the split of ln 2).
CK_INLINE vf vf_exp(vf x) {
  // Beyond these the result is 0 or infinity in any case.
  x = vf_clamp(x, vf_splat(-105.0f), vf_splat(89.5f));
  vf n = vf_round(x * 1.44269504f);
  vf r = vf_fma(n, vf_splat(-0.693359375f), x);
  r = vf_fma(n, vf_splat(2.12194440e-4f), r);
  vf p = vf_splat(1.3951703e-3f);
  p = vf_fma(p, r, vf_splat(8.36959e-3f));
  p = vf_fma(p, r, vf_splat(4.1666187e-2f));
  p = vf_fma(p, r, vf_splat(0.16666514f));
  p = vf_fma(p, r, vf_splat(0.5f));
  vf value = vf_fma(p, r * r, r) + 1.0f;
  // 2^n in two factors: n reaches from -152 to 129, further than exponents of normal numbers.
  vi whole = __builtin_convertvector(n, vi), half = whole >> 1;
  vf first = (vf)((half + 127) << 23), second = (vf)((whole - half + 127) << 23);
  return value * first * second;
}

/// tanh(x): x + x^3 P(x^2) below 0.625, else 1 - 2 / (exp(2 |x|) + 1).
CK_INLINE vf vf_tanh(vf x) {
  vf magnitude = vf_abs(x), square = x * x;
  vf p = vf_splat(2.1227426e-3f);
  p = vf_fma(p, square, vf_splat(-8.156276e-3f));
  p = vf_fma(p, square, vf_splat(2.1692606e-2f));
  p = vf_fma(p, square, vf_splat(-5.3945377e-2f));
  p = vf_fma(p, square, vf_splat(0.13333195f));
  p = vf_fma(p, square, vf_splat(-0.3333333f));
  vf small = vf_fma(p * square, x, x);
  vf large = 1.0f - 2.0f / (vf_exp(magnitude + magnitude) + 1.0f);
  return magnitude < 0.625f ? small : vf_with_sign(large, x);
}

/// 1 / (1 + exp(-x)), from exp(-|x|), which cannot overflow.
CK_INLINE vf vf_sigmoid(vf x) {
  vf e = vf_exp(-vf_abs(x));
  vf numerator = x < 0.0f ? e : vf_splat(1.0f);
  return numerator / (1.0f + e);
}

/// erf(x): x + x P(x^2) below 1, else 1 - exp(Q(|x|)) with Q fitted to log(erfc).
CK_INLINE vf vf_erf(vf x) {
  vf magnitude = vf_abs(x), square = x * x;
  vf p = vf_splat(7.889119e-5f);
  p = vf_fma(p, square, vf_splat(-8.020841e-4f));
  p = vf_fma(p, square, vf_splat(5.189535e-3f));
  p = vf_fma(p, square, vf_splat(-2.6854444e-2f));
  p = vf_fma(p, square, vf_splat(0.112836f));
  p = vf_fma(p, square, vf_splat(-0.37612626f));
  p = vf_fma(p, square, vf_splat(0.12837917f));
  // erf(4) rounds to 1.
  vf a = magnitude > 4.0f ? vf_splat(4.0f) : magnitude;
  vf q = vf_splat(-7.3745883e-7f);
  q = vf_fma(q, a, vf_splat(-1.1311319e-5f));
  q = vf_fma(q, a, vf_splat(3.788495e-4f));
  q = vf_fma(q, a, vf_splat(-3.9941007e-3f));
  q = vf_fma(q, a, vf_splat(2.4774512e-2f));
  q = vf_fma(q, a, vf_splat(-0.10785821f));
  q = vf_fma(q, a, vf_splat(-0.6336633f));
  q = vf_fma(q, a, vf_splat(-1.1293818f));
  q = vf_fma(q, a, vf_splat(1.5061365e-4f));
  vf large = vf_with_sign(1.0f - vf_exp(q), x);
  return magnitude < 1.0f ? vf_fma(x, p, x) : large;
}

CK_INLINE vf vf_gelu(vf x) { return 0.5f * x * (1.0f + vf_erf(x * 0.707106781f)); }

CK_INLINE vf vf_gelu_tanh(vf x) {
  vf cubic = vf_fma(0.044715f * x * x, x, x);
  return 0.5f * x * (1.0f + vf_tanh(0.797884561f * cubic));
}

CK_INLINE vf vf_hard_swish(vf x) {
  return x * vf_clamp(x + 3.0f, vf_splat(0), vf_splat(6)) * (1.0f / 6.0f);
}
