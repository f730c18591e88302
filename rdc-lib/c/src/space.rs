//! Stream space (B.3) and the name service, as calls of C.

#![allow(unsafe_code, reason = "C hands over addresses")]
#![allow(non_snake_case, reason = "calls keep the dissertation's names")]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::mem::ManuallyDrop;

use rdc::abi::ids::RefId;
use rdc::abi::structs::{Label, RefDescrip};
use rdc::space::{self, Origin, Queue};
use rdc::{CallError, Domain, Propagate, Received, Stream, Timeout, names};
use spin::Mutex;

/// A copy that is to be returned.
struct Taken {
    label: Label,
    claim: u32,
    reference: ManuallyDrop<Received>,
}

/// Copies that are to be returned.
static TAKEN: Mutex<Vec<Taken>> = Mutex::new(Vec::new());

/// What a call answers.
fn result(outcome: Result<(), CallError>) -> i32 {
    outcome.map_or_else(CallError::code, |()| 0)
}

/// # Safety
/// `label` is a text that ends with a null.
unsafe fn label_at(label: *const c_char) -> Result<Label, CallError> {
    // SAFETY: the caller's text.
    let text = unsafe { CStr::from_ptr(label) };
    Label::new(text.to_bytes()).ok_or(CallError::LabelTooLong)
}

/// # Safety
/// As for [`label_at`].
unsafe fn name_at<'n>(name: *const c_char) -> Result<&'n str, CallError> {
    // SAFETY: the caller's text.
    let text = unsafe { CStr::from_ptr(name) };
    text.to_str().map_err(|_| CallError::BadArgument)
}

/// # Safety
/// `label` is a text, `refp` the address of a variable.
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ss_put(label: *const c_char, refp: *mut RefDescrip, ncopies: i32) -> i32 {
    // SAFETY: the caller's text and variable, of bytes.
    let (label, reference) = unsafe { (label_at(label), &mut *refp) };
    let put = label.map(|label| space::put_described(label, reference, ncopies));
    match put {
        Ok(Ok(())) => 0,
        Ok(Err(refused)) => {
            if let Some(port) = refused.port {
                reference.rd_obj.id = port.into_raw().get().into();
            }
            refused.error.code()
        }
        Err(error) => error.code(),
    }
}

/// # Safety
/// As for [`ss_put`].
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ss_get(label: *const c_char, refp: *mut RefDescrip) -> i32 {
    // SAFETY: the caller's text and variable.
    unsafe { ss_getTimed(label, refp, -1) }
}

/// # Safety
/// As for [`ss_put`].
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ss_getTimed(label: *const c_char, refp: *mut RefDescrip, ms: i32) -> i32 {
    let timeout = match ms {
        ..0 => Timeout::Forever,
        0 => Timeout::Poll,
        1.. => Timeout::WithinMs(ms as u32),
    };
    // SAFETY: the caller's text and variable, of bytes.
    let (label, place) = unsafe { (label_at(label), &mut *refp) };
    result(label.and_then(|label| {
        let (reference, origin) = space::take(&label, timeout)?;
        let (ref_type, object) = reference.object();
        let rights = reference.all_rights();
        *place = RefDescrip::new(ref_type, 0, Domain::Rdc, rights);
        place.rd_obj = object;
        if let Origin::Limited(label, claim) = origin {
            TAKEN.lock().push(Taken { label, claim, reference });
        }
        Ok(())
    }))
}

/// # Safety
/// `label` is a text.
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ss_return(label: *const c_char, keepqueue: i32) -> i32 {
    // SAFETY: the caller's text.
    let label = unsafe { label_at(label) };
    result(label.and_then(|label| return_one(label, keepqueue != 0)))
}

fn return_one(label: Label, keeps_queue: bool) -> Result<(), CallError> {
    let mut all = TAKEN.lock();
    let at = all.iter().rposition(|taken| taken.label == label).ok_or(CallError::NoSuchLabel)?;
    let queue = if keeps_queue { Queue::Stays } else { Queue::Moves };
    space::return_taken(label, all[at].claim, &all[at].reference, queue)?;
    let reference = all.remove(at).reference;
    let stays = keeps_queue && matches!(*reference, Received::Port(_));
    if !stays {
        drop(ManuallyDrop::into_inner(reference));
    }
    Ok(())
}

/// # Safety
/// `label` is a text.
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ss_delete(label: *const c_char) -> i32 {
    // SAFETY: the caller's text.
    result(unsafe { name_at(label) }.and_then(space::delete))
}

/// Prints what is in stream space.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __print_space() -> i32 {
    result(space::print())
}

/// # Safety
/// `name` is a text.
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ns_register(name: *const c_char, stream: u32, domain: i32) -> i32 {
    let service = RefId::from_raw(stream).ok_or(CallError::NoSuchReference);
    let domain = Domain::from_value(domain).ok_or(CallError::BadArgument);
    // SAFETY: the caller's text.
    let name = unsafe { name_at(name) };
    result(service.and_then(|id| {
        // It stays the caller's.
        let service = ManuallyDrop::new(Stream::from_raw(id));
        names::register(name?, &service, domain?)
    }))
}

/// # Safety
/// `name` is a text.
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ns_lookUp(name: *const c_char) -> i32 {
    // SAFETY: the caller's text.
    let found = unsafe { name_at(name) }.and_then(names::look_up);
    found.map_or_else(CallError::code, |stream| stream.into_raw().get() as i32)
}

/// # Safety
/// `name` is a text.
// SAFETY: the name is that of a call, which nothing else in a module has.
#[unsafe(no_mangle)]
unsafe extern "C" fn ns_withdraw(name: *const c_char) -> i32 {
    // SAFETY: the caller's text.
    result(unsafe { name_at(name) }.and_then(names::withdraw))
}
