//! A program with soft floating point must bring its routines along.

use std::path::Path;
use std::process::Command;

/// A root that multiplies, and a routine that stands for that of `compiler_builtins`.
const PRODUCT: &str = "\
target datalayout = \"E-m:e-p:32:16:32-i8:8:8-i16:16:16-i32:16:32-n8:16:32-a:0:16-S16\"
target triple = \"m68k\"
define double @product(double %a, double %b) {
  %c = fmul double %a, %b
  ret double %c
}
";
const ROUTINE: &str = "define double @__muldf3(double %a, double %b) {\n  ret double %a\n}\n";

/// Makes an archive of some IR. `Err` holds what ll2c said.
fn archive(folder: &Path, ir: &str, options: &[&str]) -> Result<(), String> {
    let source = folder.join("product.ll");
    std::fs::write(&source, ir).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ll2c"))
        .arg(&source)
        .arg("-o")
        .arg(folder.join("libproduct.a"))
        .args(options)
        .output()
        .unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn routines_of_libgcc_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = archive(folder.path(), PRODUCT, &[]).unwrap_err();
    assert!(said.contains("__muldf3"), "{said}");
    assert!(said.contains("compiler_builtins"), "{said}");
}

#[test]
fn comparisons_may_come_from_libgcc() {
    let ir = PRODUCT.replace("double @product", "i1 @product");
    let ir = ir.replace("fmul double", "fcmp olt double").replace("ret double", "ret i1");
    archive(tempfile::tempdir().unwrap().path(), &ir, &[]).unwrap();
}

#[test]
fn routines_of_the_program_and_of_the_fpu_are_not() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), &format!("{PRODUCT}{ROUTINE}"), &[]).unwrap();
    archive(folder.path(), PRODUCT, &["--hard-float"]).unwrap();
}
