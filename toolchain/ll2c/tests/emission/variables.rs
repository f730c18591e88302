//! Global variables and their initializers.

use insta::assert_snapshot;

use super::program;

#[test]
fn bytes_and_numbers() {
    let ir = "\
@text = constant [6 x i8] c\"a\\22\\00\\FF1?\", align 1
@number = global i32 305419896
@wide = constant i128 -2, align 16
@odd = constant i24 66051
@flag = global i1 true
@float = constant float 1.5
@double = constant double 0x7FF8000000000001
";
    assert_snapshot!(program(ir), @r#"
    struct g1_text { u8 f0[6]; } __attribute__((packed));
    extern const struct g1_text g1_text __asm__("text") __attribute__((aligned(1)));
    struct g2_number { u8 f0[4]; } __attribute__((packed));
    extern struct g2_number g2_number __asm__("number") __attribute__((aligned(2)));
    struct g3_wide { u8 f0[16]; } __attribute__((packed));
    extern const struct g3_wide g3_wide __asm__("wide") __attribute__((aligned(16)));
    struct g4_odd { u8 f0[4]; } __attribute__((packed));
    extern const struct g4_odd g4_odd __asm__("odd") __attribute__((aligned(2)));
    struct g5_flag { u8 f0[1]; } __attribute__((packed));
    extern struct g5_flag g5_flag __asm__("flag") __attribute__((aligned(1)));
    struct g6_float { u8 f0[4]; } __attribute__((packed));
    extern const struct g6_float g6_float __asm__("float") __attribute__((aligned(4)));
    struct g7_double { u8 f0[8]; } __attribute__((packed));
    extern const struct g7_double g7_double __asm__("double") __attribute__((aligned(8)));
    const struct g1_text g1_text = {"a\"\0\3771\?"};
    struct g2_number g2_number = {"\0224Vx"};
    const struct g3_wide g3_wide = {"\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\376"};
    const struct g4_odd g4_odd = {"\1\2\3"};
    struct g5_flag g5_flag = {"\1"};
    const struct g6_float g6_float = {"\?\300"};
    const struct g7_double g7_double = {"\177\370\0\0\0\0\0\1"};
    "#);
}

#[test]
fn padding_between_fields() {
    let ir = "\
@s = constant { i8, i32, i8, double } { i8 1, i32 2, i8 3, double 1.0 }
@t = constant <{ i8, i32, i8 }> <{ i8 1, i32 2, i8 3 }>
@u = constant [2 x { i16, i8 }] [{ i16, i8 } { i16 1, i8 2 }, { i16, i8 } { i16 3, i8 4 }]
";
    assert_snapshot!(program(ir), @r#"
    struct g1_s { u8 f0[16]; } __attribute__((packed));
    extern const struct g1_s g1_s __asm__("s") __attribute__((aligned(8)));
    struct g2_t { u8 f0[6]; } __attribute__((packed));
    extern const struct g2_t g2_t __asm__("t") __attribute__((aligned(1)));
    struct g3_u { u8 f0[8]; } __attribute__((packed));
    extern const struct g3_u g3_u __asm__("u") __attribute__((aligned(2)));
    const struct g1_s g1_s = {"\1\0\0\0\0\2\3\0\?\360"};
    const struct g2_t g2_t = {"\1\0\0\0\2\3"};
    const struct g3_u g3_u = {"\0\1\2\0\0\3\4"};
    "#);
}

#[test]
fn addresses() {
    let ir = "\
@table = constant { ptr, [3 x i8], ptr } { ptr @f, [3 x i8] c\"abc\", ptr @table }
@inside = global ptr getelementptr inbounds (i8, ptr @table, i32 4)
@field = global ptr getelementptr inbounds ({ i32, [4 x i16] }, ptr @array, i32 1, i32 1, i32 2)
@fixed = global ptr inttoptr (i32 -16744448 to ptr)
@number = global i32 ptrtoint (ptr @array to i32)
@sum = global i32 add (i32 ptrtoint (ptr @array to i32), i32 6)
@array = external global [0 x i32]
define void @f() {
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    struct g1_table { ptr f0; u8 f1[4]; ptr f2; } __attribute__((packed));
    extern const struct g1_table g1_table __asm__("table") __attribute__((aligned(2)));
    struct g2_inside { ptr f0; } __attribute__((packed));
    extern struct g2_inside g2_inside __asm__("inside") __attribute__((aligned(2)));
    struct g3_field { ptr f0; } __attribute__((packed));
    extern struct g3_field g3_field __asm__("field") __attribute__((aligned(2)));
    struct g4_fixed { u8 f0[4]; } __attribute__((packed));
    extern struct g4_fixed g4_fixed __asm__("fixed") __attribute__((aligned(2)));
    struct g5_number { u32 f0; } __attribute__((packed));
    extern struct g5_number g5_number __asm__("number") __attribute__((aligned(2)));
    struct g6_sum { u32 f0; } __attribute__((packed));
    extern struct g6_sum g6_sum __asm__("sum") __attribute__((aligned(2)));
    void f7_f(void) __asm__("f");
    extern u8 g8_array[] __asm__("array");
    const struct g1_table g1_table = {(ptr)f7_f, "abc", (ptr)&g1_table};
    struct g2_inside g2_inside = {(ptr)&g1_table + 4};
    struct g3_field g3_field = {(ptr)&g8_array + 20};
    struct g4_fixed g4_fixed = {"\377\0\200"};
    struct g5_number g5_number = {(u32)(ptr)&g8_array};
    struct g6_sum g6_sum = {(u32)((ptr)&g8_array + 6)};
    void f7_f(void) {
      return;
    }
    "#);
}

#[test]
fn zeros_take_no_space() {
    let ir = "\
@buffer = global [4096 x i8] zeroinitializer, align 4096
@undefined = global [8 x i32] undef
@nothing = constant {} zeroinitializer
";
    assert_snapshot!(program(ir), @r#"
    struct g1_buffer { u8 f0[4096]; } __attribute__((packed));
    extern struct g1_buffer g1_buffer __asm__("buffer") __attribute__((aligned(4096)));
    struct g2_undefined { u8 f0[32]; } __attribute__((packed));
    extern struct g2_undefined g2_undefined __asm__("undefined") __attribute__((aligned(2)));
    struct g3_nothing { u8 f0[1]; } __attribute__((packed));
    extern const struct g3_nothing g3_nothing __asm__("nothing") __attribute__((aligned(1)));
    struct g1_buffer g1_buffer = {{0}};
    struct g2_undefined g2_undefined = {{0}};
    const struct g3_nothing g3_nothing = {{0}};
    "#);
}

#[test]
fn mixed_initializers() {
    let ir = "\
@m = global { i32, [2 x { i8, ptr }] } { i32 undef, [2 x { i8, ptr }] [{ i8, ptr } zeroinitializer, { i8, ptr } { i8 1, ptr null }] }
";
    assert_snapshot!(program(ir), @r#"
    struct g1_m { u8 f0[16]; } __attribute__((packed));
    extern struct g1_m g1_m __asm__("m") __attribute__((aligned(2)));
    struct g1_m g1_m = {"\0\0\0\0\0\0\0\0\0\0\1"};
    "#);
}

#[test]
fn sections() {
    let ir = "\
@vectors = constant [2 x ptr] zeroinitializer, section \".vectors\", align 4
@kept = internal global i32 1, section \".tests\"
@llvm.used = appending global [1 x ptr] [ptr @kept], section \"llvm.metadata\"
";
    assert_snapshot!(program(ir), @r#"
    struct g1_vectors { u8 f0[8]; } __attribute__((packed));
    extern const struct g1_vectors g1_vectors __asm__("vectors") __attribute__((aligned(4), section(".vectors")));
    struct g2_kept { u8 f0[4]; } __attribute__((packed));
    static struct g2_kept g2_kept __asm__("kept") __attribute__((aligned(2), section(".tests"), used));
    const struct g1_vectors g1_vectors = {{0}};
    static struct g2_kept g2_kept = {"\0\0\0\1"};
    "#);
}

#[test]
fn addresses_in_functions() {
    let ir = "\
@table = internal constant [4 x i32] zeroinitializer
@__bss_start = external global i8
define i32 @f(ptr %p) {
  store ptr getelementptr (i8, ptr @table, i32 8), ptr %p
  store ptr inttoptr (i32 -1 to ptr), ptr %p
  store ptr @f, ptr %p
  store i16 trunc (i32 ptrtoint (ptr @__bss_start to i32) to i16), ptr %p
  store i32 sub (i32 ptrtoint (ptr @table to i32), i32 ptrtoint (ptr @__bss_start to i32)), ptr %p
  ret i32 ptrtoint (ptr @__bss_start to i32)
}
";
    assert_snapshot!(program(ir), @r#"
    u32 f1_f(ptr) __asm__("f");
    struct g2_table { u8 f0[16]; } __attribute__((packed));
    static const struct g2_table g2_table __asm__("table") __attribute__((aligned(2)));
    extern u8 g3_bss_start[] __asm__("__bss_start");
    static const struct g2_table g2_table = {{0}};
    u32 f1_f(ptr a0) {
      *(ptr *)a0 = (ptr)&g2_table + 8;
      *(ptr *)a0 = (ptr)0xffffffffu;
      *(ptr *)a0 = (ptr)f1_f;
      *(u16 *)a0 = (u16)(u32)(ptr)&g3_bss_start;
      *(u32 *)a0 = (u32)(ptr)&g2_table - (u32)(ptr)&g3_bss_start;
      return (u32)(ptr)&g3_bss_start;
    }
    "#);
}
