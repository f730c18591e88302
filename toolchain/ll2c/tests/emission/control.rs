//! Branches and phi nodes.

use insta::assert_snapshot;

use super::{program, statements};

#[test]
fn branches() {
    let ir = "\
define i32 @f(i1 %c) {
  br i1 %c, label %yes, label %no
yes:
  br label %end
no:
  br label %end
end:
  %r = phi i32 [ 1, %yes ], [ 2, %no ]
  ret i32 %r
}
";
    assert_snapshot!(statements(ir), @r"
    if (a0) { goto L1; } else { goto L2; }
    L1:;
    v1 = 1u; goto L3;
    L2:;
    v1 = 2u; goto L3;
    L3:;
    return v1;
    ");
}

#[test]
fn a_loop_with_phis_that_depend_on_each_other() {
    let ir = "\
define i32 @fibonacci(i32 %n) {
start:
  br label %loop
loop:
  %a = phi i32 [ 0, %start ], [ %b, %loop ]
  %b = phi i32 [ 1, %start ], [ %sum, %loop ]
  %i = phi i32 [ 0, %start ], [ %next, %loop ]
  %sum = add i32 %a, %b
  %next = add i32 %i, 1
  %done = icmp eq i32 %next, %n
  br i1 %done, label %end, label %loop
end:
  ret i32 %a
}
";
    assert_snapshot!(statements(ir), @r"
    v1 = 0u; v2 = 1u; v4 = 0u; goto L1;
    L1:;
    v3 = v1 + v2;
    v5 = v4 + 1u;
    v6 = v5 == a0;
    if (v6) { goto L2; } else { v1 = v2; v2 = v3; v4 = v5; goto L1; }
    L2:;
    return v1;
    ");
}

#[test]
fn phis_that_swap_need_a_temporary() {
    let ir = "\
define i32 @f(i32 %x, i32 %y, i1 %c) {
start:
  br label %loop
loop:
  %a = phi i32 [ %x, %start ], [ %b, %loop ]
  %b = phi i32 [ %y, %start ], [ %a, %loop ]
  br i1 %c, label %loop, label %end
end:
  ret i32 %a
}
";
    assert_snapshot!(statements(ir), @r"
    v3 = a0; v4 = a1; goto L1;
    L1:;
    if (a2) { t1 = v3; v3 = v4; v4 = t1; goto L1; } else { goto L2; }
    L2:;
    return v3;
    ");
}

#[test]
fn a_circle_of_phis_beside_a_chain() {
    let ir = "\
define void @f(i1 %c) {
start:
  br label %loop
loop:
  %a = phi i32 [ 1, %start ], [ %b, %loop ]
  %b = phi i32 [ 2, %start ], [ %d, %loop ]
  %d = phi i32 [ 3, %start ], [ %a, %loop ]
  %e = phi i32 [ 4, %start ], [ %a, %loop ]
  %g = phi i32 [ 5, %start ], [ %g, %loop ]
  br i1 %c, label %loop, label %end
end:
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    v1 = 1u; v2 = 2u; v3 = 3u; v4 = 4u; v5 = 5u; goto L1;
    L1:;
    if (a0) { v4 = v1; t1 = v1; v1 = v2; v2 = v3; v3 = t1; goto L1; } else { goto L2; }
    L2:;
    return;
    ");
}

#[test]
fn a_value_used_before_its_block_is_written() {
    let ir = "\
define i32 @f(i32 %x) {
start:
  br label %second
first:
  ret i32 %y
second:
  %y = add i32 %x, 1
  br label %first
}
";
    assert_snapshot!(program(ir), @r#"
    u32 f1_f(u32) __asm__("f");
    u32 f1_f(u32 a0) {
      u32 v1;
      goto L2;
      L1:;
      return v1;
      L2:;
      v1 = a0 + 1u;
      goto L1;
    }
    "#);
}

#[test]
fn switch() {
    let ir = "\
define i32 @f(i8 %x) {
start:
  switch i8 %x, label %other [
    i8 0, label %zero
    i8 -1, label %zero
    i8 7, label %other
  ]
zero:
  ret i32 1
other:
  %r = phi i32 [ 2, %start ], [ 2, %start ]
  ret i32 %r
}
";
    assert_snapshot!(statements(ir), @r"
    switch (a0) {
    case 0u: goto L1;
    case 255u: goto L1;
    case 7u: v1 = 2u; goto L2;
    default: v1 = 2u; goto L2; }
    L1:;
    return 1u;
    L2:;
    return v1;
    ");
}

#[test]
fn switch_on_a_wide_integer() {
    let ir = "\
define i32 @f(i128 %x) {
  switch i128 %x, label %other [
    i128 18446744073709551616, label %big
  ]
big:
  ret i32 1
other:
  ret i32 2
}
";
    assert_snapshot!(statements(ir), @r"
    if (u128_eq(a0, u128_make(1ull, 0ull))) { goto L1; }
    goto L2;
    L1:;
    return 1u;
    L2:;
    return 2u;
    ");
}

#[test]
fn unreachable() {
    let ir = "define void @f() {\n  unreachable\n}\n";
    assert_snapshot!(statements(ir), @"__builtin_unreachable();");
}

#[test]
fn an_endless_loop_stays() {
    let ir = "define void @f() {\n  br label %loop\nloop:\n  br label %loop\n}\n";
    assert_snapshot!(statements(ir), @r"
    goto L1;
    L1:;
    goto L1;
    ");
}

#[test]
fn freeze_is_a_copy_and_undef_is_zero() {
    let ir = "\
define i32 @f(i32 %x) {
  %a = freeze i32 %x
  %b = freeze i32 poison
  %c = add i32 %a, undef
  ret i32 %c
}
";
    assert_snapshot!(statements(ir), @r"
    v1 = a0;
    v2 = 0u;
    v3 = v1 + 0u;
    return v3;
    ");
}
