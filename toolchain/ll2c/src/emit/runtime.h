/*
 * What the code that ll2c generates stands on: containers for integers, loads
 * and stores of any alignment, and arithmetic that C does not have.
 *
 * An integer of N bits lives in the smallest container that holds it, extended
 * with zeros: i1..i8 in u8, ..i16 in u16, ..i32 in u32, ..i64 in u64, ..i128 in
 * u128, ..i256 in u256. All functions here expect and keep that.
 *
 * What is bigger than a few instructions is out of line: inlined 128-bit
 * arithmetic makes GCC take minutes.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef float f32;
typedef double f64;
typedef u8 *ptr;

/* The same, at any address. */
typedef u16 __attribute__((aligned(1))) u16_unaligned;
typedef u32 __attribute__((aligned(1))) u32_unaligned;
typedef u64 __attribute__((aligned(1))) u64_unaligned;
typedef f32 __attribute__((aligned(1))) f32_unaligned;
typedef f64 __attribute__((aligned(1))) f64_unaligned;
typedef ptr __attribute__((aligned(1))) ptr_unaligned;

typedef struct { u64 h, l; } u128;
/* Least significant word first. */
typedef struct { u32 w[8]; } u256;

#define INLINE static inline __attribute__((always_inline, unused))
#define OUTLINE static __attribute__((noinline, unused))
/* The assembler's name of an out-of-line function: none that Rust or C code could have. */
#define NAMED(name) __asm__("ll2c$" #name)

void *memcpy(void *, const void *, u32);
void *memmove(void *, const void *, u32);
void *memset(void *, int, u32);

/* ---- floating point as bits ---- */

INLINE u32 f32_bits(f32 x) { union { f32 f; u32 i; } u; u.f = x; return u.i; }
INLINE f32 f32_from_bits(u32 x) { union { f32 f; u32 i; } u; u.i = x; return u.f; }
INLINE u64 f64_bits(f64 x) { union { f64 f; u64 i; } u; u.f = x; return u.i; }
INLINE f64 f64_from_bits(u64 x) { union { f64 f; u64 i; } u; u.i = x; return u.f; }

/*
 * Minimum and maximum of IEEE 754-2019, with -0 below +0. `num` prefers a
 * number to a NaN, the others give a NaN if there is one.
 */
#define MIN_MAX(F, U, S, SIGN, INFINITY, QUIET) \
INLINE int F##_is_nan(F x) { return (F##_bits(x) & ~SIGN) > INFINITY; } \
INLINE F F##_quiet(F x) { return F##_from_bits(F##_bits(x) | QUIET); } \
/* Ordered like the numbers, as signed integers. */ \
INLINE S F##_key(F x) { U i = F##_bits(x); return (S)(i & SIGN ? ~(i & ~SIGN) : i); } \
OUTLINE F F##_minimumnum(F a, F b) NAMED(F##_minimumnum); \
OUTLINE F F##_minimumnum(F a, F b) { \
  if (F##_is_nan(a)) return F##_is_nan(b) ? F##_quiet(a) : b; \
  return F##_is_nan(b) || F##_key(a) < F##_key(b) ? a : b; } \
OUTLINE F F##_maximumnum(F a, F b) NAMED(F##_maximumnum); \
OUTLINE F F##_maximumnum(F a, F b) { \
  if (F##_is_nan(a)) return F##_is_nan(b) ? F##_quiet(a) : b; \
  return F##_is_nan(b) || F##_key(a) > F##_key(b) ? a : b; } \
INLINE F F##_minimum(F a, F b) { \
  return F##_is_nan(a) ? F##_quiet(a) : F##_is_nan(b) ? F##_quiet(b) : F##_minimumnum(a, b); } \
INLINE F F##_maximum(F a, F b) { \
  return F##_is_nan(a) ? F##_quiet(a) : F##_is_nan(b) ? F##_quiet(b) : F##_maximumnum(a, b); }
MIN_MAX(f32, u32, s32, 0x80000000u, 0x7f800000u, 0x00400000u)
MIN_MAX(f64, u64, s64, 0x8000000000000000ull, 0x7ff0000000000000ull, 0x0008000000000000ull)
#undef MIN_MAX

/* The class of a number as one bit, in the order of `llvm.is.fpclass`. */
#define CLASS(F, U, SIGN, INFINITY, NORMAL, QUIET) \
INLINE u32 F##_class(F x) { \
  U i = F##_bits(x), m = i & ~SIGN; \
  int negative = i != m; \
  if (m > INFINITY) return m & QUIET ? 0x002 : 0x001; \
  if (m == INFINITY) return negative ? 0x004 : 0x200; \
  if (m >= NORMAL) return negative ? 0x008 : 0x100; \
  if (m) return negative ? 0x010 : 0x080; \
  return negative ? 0x020 : 0x040; }
CLASS(f32, u32, 0x80000000u, 0x7f800000u, 0x00800000u, 0x00400000u)
CLASS(f64, u64, 0x8000000000000000ull, 0x7ff0000000000000ull, 0x0010000000000000ull, 0x0008000000000000ull)
#undef CLASS

/* ---- bits of 32 and 64 ---- */

INLINE u32 u32_ctpop(u32 x) {
  x = x - ((x >> 1) & 0x55555555u);
  x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
  x = (x + (x >> 4)) & 0x0f0f0f0fu;
  x += x >> 8;
  x += x >> 16;
  return x & 63;
}
INLINE u32 u32_ctlz(u32 x) { return x ? (u32)__builtin_clz(x) : 32; }
INLINE u32 u32_cttz(u32 x) { return x ? (u32)__builtin_ctz(x) : 32; }
INLINE u32 u32_bswap(u32 x) { return __builtin_bswap32(x); }
INLINE u32 u32_bitreverse(u32 x) {
  x = ((x >> 1) & 0x55555555u) | ((x & 0x55555555u) << 1);
  x = ((x >> 2) & 0x33333333u) | ((x & 0x33333333u) << 2);
  x = ((x >> 4) & 0x0f0f0f0fu) | ((x & 0x0f0f0f0fu) << 4);
  return __builtin_bswap32(x);
}
INLINE u64 u64_make(u32 h, u32 l) { return (u64)h << 32 | l; }
INLINE u64 u64_ctpop(u64 x) { return u32_ctpop((u32)x) + u32_ctpop((u32)(x >> 32)); }
INLINE u64 u64_ctlz(u64 x) { return x >> 32 ? u32_ctlz((u32)(x >> 32)) : 32 + u32_ctlz((u32)x); }
INLINE u64 u64_cttz(u64 x) { return (u32)x ? u32_cttz((u32)x) : 32 + u32_cttz((u32)(x >> 32)); }
INLINE u64 u64_bswap(u64 x) { return u64_make(u32_bswap((u32)x), u32_bswap((u32)(x >> 32))); }
INLINE u64 u64_bitreverse(u64 x) { return u64_make(u32_bitreverse((u32)x), u32_bitreverse((u32)(x >> 32))); }

/* ---- 128 bits ---- */

INLINE u128 u128_make(u64 h, u64 l) { u128 r; r.h = h; r.l = l; return r; }
INLINE u128 u128_from(u64 x) { return u128_make(0, x); }
INLINE u128 u128_from_signed(s64 x) { return u128_make((u64)(x >> 63), (u64)x); }
INLINE u128 u128_add(u128 a, u128 b) { u64 l = a.l + b.l; return u128_make(a.h + b.h + (l < a.l), l); }
INLINE u128 u128_sub(u128 a, u128 b) { return u128_make(a.h - b.h - (a.l < b.l), a.l - b.l); }
INLINE u128 u128_neg(u128 a) { return u128_sub(u128_from(0), a); }
INLINE u128 u128_and(u128 a, u128 b) { return u128_make(a.h & b.h, a.l & b.l); }
INLINE u128 u128_or(u128 a, u128 b) { return u128_make(a.h | b.h, a.l | b.l); }
INLINE u128 u128_xor(u128 a, u128 b) { return u128_make(a.h ^ b.h, a.l ^ b.l); }
INLINE int u128_eq(u128 a, u128 b) { return a.h == b.h && a.l == b.l; }
INLINE int u128_ult(u128 a, u128 b) { return a.h < b.h || (a.h == b.h && a.l < b.l); }
INLINE int u128_slt(u128 a, u128 b) { return (s64)a.h < (s64)b.h || (a.h == b.h && a.l < b.l); }

/* By a constant: GCC leaves one arm. Counts are below 128 everywhere. */
INLINE u128 u128_shl_const(u128 a, u32 n) {
  if (n >= 64) return u128_make(a.l << (n & 63), 0);
  return n ? u128_make(a.h << n | a.l >> (64 - n), a.l << n) : a;
}
INLINE u128 u128_lshr_const(u128 a, u32 n) {
  if (n >= 64) return u128_make(0, a.h >> (n & 63));
  return n ? u128_make(a.h >> n, a.l >> n | a.h << (64 - n)) : a;
}
INLINE u128 u128_ashr_const(u128 a, u32 n) {
  if (n >= 64) return u128_make((u64)((s64)a.h >> 63), (u64)((s64)a.h >> (n & 63)));
  return n ? u128_make((u64)((s64)a.h >> n), a.l >> n | a.h << (64 - n)) : a;
}
OUTLINE u128 u128_shl(u128 a, u32 n) NAMED(u128_shl);
OUTLINE u128 u128_shl(u128 a, u32 n) { return u128_shl_const(a, n & 127); }
OUTLINE u128 u128_lshr(u128 a, u32 n) NAMED(u128_lshr);
OUTLINE u128 u128_lshr(u128 a, u32 n) { return u128_lshr_const(a, n & 127); }
OUTLINE u128 u128_ashr(u128 a, u32 n) NAMED(u128_ashr);
OUTLINE u128 u128_ashr(u128 a, u32 n) { return u128_ashr_const(a, n & 127); }

/* The whole product of two 64-bit numbers. */
OUTLINE u128 u128_mul_wide(u64 a, u64 b) NAMED(u128_mul_wide);
OUTLINE u128 u128_mul_wide(u64 a, u64 b) {
  u32 al = (u32)a, ah = (u32)(a >> 32), bl = (u32)b, bh = (u32)(b >> 32);
  u64 ll = (u64)al * bl, lh = (u64)al * bh, hl = (u64)ah * bl, hh = (u64)ah * bh;
  u64 middle = (ll >> 32) + (u32)lh + (u32)hl;
  return u128_make(hh + (lh >> 32) + (hl >> 32) + (middle >> 32), middle << 32 | (u32)ll);
}
OUTLINE u128 u128_mul(u128 a, u128 b) NAMED(u128_mul);
OUTLINE u128 u128_mul(u128 a, u128 b) {
  u128 r = u128_mul_wide(a.l, b.l);
  r.h += a.h * b.l + a.l * b.h;
  return r;
}

/* With overflow: the wrapped result goes to *r, the answer is 1 if it is wrong. */
INLINE int u128_uadd_overflow(u128 a, u128 b, u128 *r) { *r = u128_add(a, b); return u128_ult(*r, a); }
INLINE int u128_usub_overflow(u128 a, u128 b, u128 *r) { *r = u128_sub(a, b); return u128_ult(a, b); }
INLINE int u128_sadd_overflow(u128 a, u128 b, u128 *r) {
  *r = u128_add(a, b);
  return (int)(((a.h ^ r->h) & (b.h ^ r->h)) >> 63);
}
INLINE int u128_ssub_overflow(u128 a, u128 b, u128 *r) {
  *r = u128_sub(a, b);
  return (int)(((a.h ^ b.h) & (a.h ^ r->h)) >> 63);
}
OUTLINE int u128_umul_overflow(u128 a, u128 b, u128 *r) NAMED(u128_umul_overflow);
OUTLINE int u128_umul_overflow(u128 a, u128 b, u128 *r) {
  /* h*h*2^128 is lost; of h*l*2^64 and l*h*2^64 the high halves are lost. */
  u128 low = u128_mul_wide(a.l, b.l), x = u128_mul_wide(a.h, b.l), y = u128_mul_wide(b.h, a.l);
  u64 sum = low.h + x.l, high = sum + y.l;
  *r = u128_make(high, low.l);
  return (a.h && b.h) || x.h || y.h || sum < low.h || high < sum;
}
OUTLINE int u128_smul_overflow(u128 a, u128 b, u128 *r) NAMED(u128_smul_overflow);
OUTLINE int u128_smul_overflow(u128 a, u128 b, u128 *r) {
  int negative = (int)((a.h ^ b.h) >> 63), overflow;
  u128 product, limit = u128_make(0x7fffffffffffffffull + (u64)negative, negative ? 0 : ~0ull);
  overflow = u128_umul_overflow((s64)a.h < 0 ? u128_neg(a) : a, (s64)b.h < 0 ? u128_neg(b) : b, &product);
  *r = negative ? u128_neg(product) : product;
  return overflow || u128_ult(limit, product);
}

INLINE u128 u128_ctpop(u128 x) { return u128_from(u64_ctpop(x.h) + u64_ctpop(x.l)); }
INLINE u128 u128_ctlz(u128 x) { return u128_from(x.h ? u64_ctlz(x.h) : 64 + u64_ctlz(x.l)); }
INLINE u128 u128_cttz(u128 x) { return u128_from(x.l ? u64_cttz(x.l) : 64 + u64_cttz(x.h)); }
INLINE u128 u128_bswap(u128 x) { return u128_make(u64_bswap(x.l), u64_bswap(x.h)); }
INLINE u128 u128_bitreverse(u128 x) { return u128_make(u64_bitreverse(x.l), u64_bitreverse(x.h)); }

/* ---- 256 bits ---- */

OUTLINE u256 u256_make(u128 h, u128 l) NAMED(u256_make);
OUTLINE u256 u256_make(u128 h, u128 l) {
  u256 r = {{(u32)l.l, (u32)(l.l >> 32), (u32)l.h, (u32)(l.h >> 32),
             (u32)h.l, (u32)(h.l >> 32), (u32)h.h, (u32)(h.h >> 32)}};
  return r;
}
INLINE u256 u256_from(u128 x) { return u256_make(u128_from(0), x); }
INLINE u256 u256_from_signed(u128 x) {
  u64 sign = (u64)((s64)x.h >> 63);
  return u256_make(u128_make(sign, sign), x);
}
INLINE u128 u256_low(u256 a) { return u128_make(u64_make(a.w[3], a.w[2]), u64_make(a.w[1], a.w[0])); }
OUTLINE u256 u256_add(u256 a, u256 b) NAMED(u256_add);
OUTLINE u256 u256_add(u256 a, u256 b) {
  u64 carry = 0;
  for (int i = 0; i < 8; i++) {
    carry += (u64)a.w[i] + b.w[i];
    a.w[i] = (u32)carry;
    carry >>= 32;
  }
  return a;
}
OUTLINE u256 u256_sub(u256 a, u256 b) NAMED(u256_sub);
OUTLINE u256 u256_sub(u256 a, u256 b) {
  u32 borrow = 0;
  for (int i = 0; i < 8; i++) {
    u64 difference = (u64)a.w[i] - b.w[i] - borrow;
    a.w[i] = (u32)difference;
    borrow = (u32)(difference >> 63);
  }
  return a;
}
OUTLINE u256 u256_mul(u256 a, u256 b) NAMED(u256_mul);
OUTLINE u256 u256_mul(u256 a, u256 b) {
  u256 r = {{0}};
  for (int i = 0; i < 8; i++) {
    u32 carry = 0;
    for (int j = 0; i + j < 8; j++) {
      u64 t = (u64)a.w[i] * b.w[j] + r.w[i + j] + carry;
      r.w[i + j] = (u32)t;
      carry = (u32)(t >> 32);
    }
  }
  return r;
}
INLINE u256 u256_and(u256 a, u256 b) { for (int i = 0; i < 8; i++) a.w[i] &= b.w[i]; return a; }
INLINE u256 u256_or(u256 a, u256 b) { for (int i = 0; i < 8; i++) a.w[i] |= b.w[i]; return a; }
INLINE u256 u256_xor(u256 a, u256 b) { for (int i = 0; i < 8; i++) a.w[i] ^= b.w[i]; return a; }
/* The word at `i`, which may be outside: then it is `fill`. */
INLINE u32 u256_word(const u256 *a, int i, u32 fill) { return i < 0 ? 0 : i < 8 ? a->w[i] : fill; }
/* To the right, with `fill` coming in from the left. */
OUTLINE u256 u256_shift_right(u256 a, u32 n, u32 fill) NAMED(u256_shift_right);
OUTLINE u256 u256_shift_right(u256 a, u32 n, u32 fill) {
  u256 r;
  int words = (int)(n >> 5 & 7);
  u32 bits = n & 31;
  for (int i = 0; i < 8; i++) {
    u32 low = u256_word(&a, i + words, fill), high = u256_word(&a, i + words + 1, fill);
    r.w[i] = bits ? low >> bits | high << (32 - bits) : low;
  }
  return r;
}
INLINE u256 u256_lshr(u256 a, u32 n) { return u256_shift_right(a, n, 0); }
INLINE u256 u256_ashr(u256 a, u32 n) { return u256_shift_right(a, n, (u32)((s32)a.w[7] >> 31)); }
OUTLINE u256 u256_shl(u256 a, u32 n) NAMED(u256_shl);
OUTLINE u256 u256_shl(u256 a, u32 n) {
  u256 r;
  int words = (int)(n >> 5 & 7);
  u32 bits = n & 31;
  for (int i = 0; i < 8; i++) {
    u32 high = u256_word(&a, i - words, 0), low = u256_word(&a, i - words - 1, 0);
    r.w[i] = bits ? high << bits | low >> (32 - bits) : high;
  }
  return r;
}
#define u256_shl_const u256_shl
#define u256_lshr_const u256_lshr
#define u256_ashr_const u256_ashr
OUTLINE int u256_eq(u256 a, u256 b) NAMED(u256_eq);
OUTLINE int u256_eq(u256 a, u256 b) {
  u32 difference = 0;
  for (int i = 0; i < 8; i++) difference |= a.w[i] ^ b.w[i];
  return !difference;
}
OUTLINE int u256_ult(u256 a, u256 b) NAMED(u256_ult);
OUTLINE int u256_ult(u256 a, u256 b) {
  for (int i = 7; i >= 0; i--)
    if (a.w[i] != b.w[i]) return a.w[i] < b.w[i];
  return 0;
}
INLINE int u256_slt(u256 a, u256 b) {
  a.w[7] ^= 0x80000000u;
  b.w[7] ^= 0x80000000u;
  return u256_ult(a, b);
}

/* ---- memory: big-endian, any address, any number of bytes ---- */

INLINE u128 u128_load(const void *p) { const u64_unaligned *q = p; return u128_make(q[0], q[1]); }
INLINE void u128_store(void *p, u128 v) { u64_unaligned *q = p; q[0] = v.h; q[1] = v.l; }
INLINE u64 u64_load_bytes(const u8 *p, u32 n) { u64 r = 0; while (n--) r = r << 8 | *p++; return r; }
INLINE void u64_store_bytes(u8 *p, u64 v, u32 n) { while (n--) { p[n] = (u8)v; v >>= 8; } }
OUTLINE u256 u256_load_bytes(const u8 *p, u32 n) NAMED(u256_load_bytes);
OUTLINE u256 u256_load_bytes(const u8 *p, u32 n) {
  u256 r = {{0}};
  for (u32 i = 0; i < n; i++) r.w[i >> 2] |= (u32)p[n - 1 - i] << ((i & 3) * 8);
  return r;
}
OUTLINE void u256_store_bytes(u8 *p, u256 v, u32 n) NAMED(u256_store_bytes);
OUTLINE void u256_store_bytes(u8 *p, u256 v, u32 n) {
  for (u32 i = 0; i < n; i++) p[n - 1 - i] = (u8)(v.w[i >> 2] >> ((i & 3) * 8));
}
INLINE u128 u128_load_bytes(const u8 *p, u32 n) { return u256_low(u256_load_bytes(p, n)); }
INLINE void u128_store_bytes(u8 *p, u128 v, u32 n) { u256_store_bytes(p, u256_from(v), n); }

/* Volatile copies and fills: each byte once, in the order of addresses (copies that overlap: safely). */
OUTLINE void volatile_copy(volatile u8 *to, const volatile u8 *from, u32 n) NAMED(volatile_copy);
OUTLINE void volatile_copy(volatile u8 *to, const volatile u8 *from, u32 n) {
  if (to <= from) while (n--) *to++ = *from++;
  else while (n--) to[n] = from[n];
}
OUTLINE void volatile_fill(volatile u8 *to, u8 value, u32 n) NAMED(volatile_fill);
OUTLINE void volatile_fill(volatile u8 *to, u8 value, u32 n) { while (n--) *to++ = value; }

/* ---- atomics that GCC has no builtin for: the old value is returned ---- */

#define FETCH_PICK(NAME, U, S, OPERATOR) \
INLINE U U##_fetch_##NAME(U *p, U value) { \
  U old = __atomic_load_n(p, __ATOMIC_RELAXED); \
  while (!__atomic_compare_exchange_n(p, &old, (S)old OPERATOR (S)value ? old : value, 0, \
                                      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {} \
  return old; }
FETCH_PICK(max, u8, s8, >) FETCH_PICK(max, u16, s16, >) FETCH_PICK(max, u32, s32, >)
FETCH_PICK(min, u8, s8, <) FETCH_PICK(min, u16, s16, <) FETCH_PICK(min, u32, s32, <)
FETCH_PICK(umax, u8, u8, >) FETCH_PICK(umax, u16, u16, >) FETCH_PICK(umax, u32, u32, >)
FETCH_PICK(umin, u8, u8, <) FETCH_PICK(umin, u16, u16, <) FETCH_PICK(umin, u32, u32, <)
#undef FETCH_PICK
