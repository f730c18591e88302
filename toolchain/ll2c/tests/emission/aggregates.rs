//! First-class structs and arrays.

use insta::assert_snapshot;

use super::{program, statements};

#[test]
fn extractvalue() {
    let ir = "\
define i8 @f({ i32, { i8, [2 x i64] } } %s) {
  %a = extractvalue { i32, { i8, [2 x i64] } } %s, 0
  %b = extractvalue { i32, { i8, [2 x i64] } } %s, 1, 1, 1
  %c = extractvalue { i32, { i8, [2 x i64] } } %s, 1, 0
  ret i8 %c
}
";
    assert_snapshot!(program(ir), @r#"
    typedef struct { u64 f0; u64 f1; } T0;
    typedef struct { u32 f0; T0 f1; } T1;
    typedef struct { u32 f0; T1 f1; } T2;
    u8 f1_f(T2) __asm__("f");
    u8 f1_f(T2 a0) {
      u8 v3;
      u32 v1;
      u64 v2;
      v1 = a0.f0;
      v2 = a0.f1.f1.f1;
      v3 = a0.f1.f0;
      return v3;
    }
    "#);
}

#[test]
fn insertvalue() {
    let ir = "\
define { i32, [2 x i8] } @f(i32 %a, i8 %b) {
  %1 = insertvalue { i32, [2 x i8] } poison, i32 %a, 0
  %2 = insertvalue { i32, [2 x i8] } %1, i8 %b, 1, 1
  ret { i32, [2 x i8] } %2
}
";
    assert_snapshot!(statements(ir), @r"
    v2 = (T1){0};
    v2.f0 = a0;
    v3 = v2;
    v3.f1.f1 = a1;
    return v3;
    ");
}

#[test]
fn constants() {
    let ir = "\
define { i8, ptr, [2 x i8], {} } @f() {
  ret { i8, ptr, [2 x i8], {} } { i8 1, ptr @f, [2 x i8] c\"ab\", {} zeroinitializer }
}
";
    assert_snapshot!(statements(ir), @"return (T2){1u, (ptr)f1_f, (T0){97, 98}, (T1){0}};");
}

#[test]
fn equal_types_share_a_typedef() {
    let ir = "\
%pair = type { i16, i1 }
define %pair @f({ i16, i1 } %s, <{ i16, i1 }> %t) {
  ret %pair %s
}
";
    assert_snapshot!(program(ir), @r#"
    typedef struct { u32 f0; u32 f1; } T0;
    typedef struct { u32 f0; u32 f1; } T1;
    T0 f1_f(T0, T1) __asm__("f");
    T0 f1_f(T0 a0, T1 a1) {
      return a0;
    }
    "#);
}
