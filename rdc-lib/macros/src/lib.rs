//! The attribute `#[rdc::main]`; the crate `rdc` says how it is used.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Error, Ident, ItemFn, Result, Signature, parse_macro_input};

/// Makes a function the first one of a module.
///
/// It takes nothing and returns `()`, `rdc::ExitCode`, or a `Result` of one of them whose
/// error can be displayed. On the 680x0, where the crate is `no_main`, the start code of `rdc`
/// calls it; elsewhere it becomes a program that is only type-checked.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = parse_macro_input!(item as ItemFn);
    if let Err(error) = check(&arguments, &function.sig) {
        return error.into_compile_error().into();
    }
    let name = Ident::new("module_main", function.sig.ident.span());
    function.sig.ident = name.clone();
    quote! {
        #function

        #[cfg(target_arch = "m68k")]
        // SAFETY: the start code calls it so, and a module has one first function.
        #[unsafe(no_mangle)]
        extern "C" fn rdc_main() -> i32 {
            ::rdc::start::run(env!("CARGO_BIN_NAME"), #name)
        }

        #[cfg(not(target_arch = "m68k"))]
        fn main() {
            ::rdc::start::run("", #name);
        }
    }
    .into()
}

/// Refuses what could not be called.
fn check(arguments: &TokenStream, signature: &Signature) -> Result<()> {
    let refuse = |message| Err(Error::new_spanned(signature, message));
    if !arguments.is_empty() {
        return refuse("#[rdc::main] takes no arguments: sizes stand in [package.metadata.equus]");
    }
    if signature.ident != "main" {
        return refuse("the first function of a module is called main");
    }
    if !signature.inputs.is_empty() || !signature.generics.params.is_empty() {
        return refuse("main takes nothing: use rdc::args() and rdc::parameters()");
    }
    if signature.asyncness.is_some() || signature.unsafety.is_some() {
        return refuse("main is neither async nor unsafe");
    }
    Ok(())
}
