//! The name service (dissertation, §3.3, §5.4): one for the whole pool, an RDC of the system. The
//! launch endpoint of an RDC that speaks to it first tells it of that RDC, at the standard port,
//! and gives it the port where the RDC's requests are: that is how it knows whose they are. A
//! name ends with the RDC that has registered it.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod serve;

#[rdc::main]
fn main() -> Result<(), rdc::CallError> {
    serve::Server::default().run()
}
