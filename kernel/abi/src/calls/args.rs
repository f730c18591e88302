//! The types of arguments and results in registers, on both sides of the trap.
//!
//! Registers hold 32 bits; decoding never fails, since what they say is an
//! allegation that the kernel checks. Each type knows how C spells it.

use core::marker::PhantomData;

use crate::structs::{EvDesc, IncCreateParams, IncState, Msg, NodeEntry, SelectMessages, TimeBuf};

/// A type that travels in a register.
pub trait Register {
    /// What C writes before the name of a parameter of this type.
    const C_BEFORE: &'static str;
    /// What C writes after it.
    const C_AFTER: &'static str = "";

    /// The value that these bits mean.
    fn from_register(bits: u32) -> Self;
    /// The bits of this value.
    fn to_register(&self) -> u32;
}

impl Register for u32 {
    const C_BEFORE: &'static str = "unsigned int ";

    #[inline]
    fn from_register(bits: u32) -> u32 {
        bits
    }

    #[inline]
    fn to_register(&self) -> u32 {
        *self
    }
}

impl Register for i32 {
    const C_BEFORE: &'static str = "int ";

    #[inline]
    fn from_register(bits: u32) -> i32 {
        bits as i32
    }

    #[inline]
    fn to_register(&self) -> u32 {
        *self as u32
    }
}

/// The result of a call that only succeeds or fails.
impl Register for () {
    const C_BEFORE: &'static str = "void ";

    #[inline]
    fn from_register(_: u32) {}

    #[inline]
    fn to_register(&self) -> u32 {
        0
    }
}

/// The identifier of a stream, port or handle, as alleged: `int` in C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ref(pub u32);

impl Register for Ref {
    const C_BEFORE: &'static str = "int ";

    #[inline]
    fn from_register(bits: u32) -> Ref {
        Ref(bits)
    }

    #[inline]
    fn to_register(&self) -> u32 {
        self.0
    }
}

/// The identifier of an incarnation or of any reference, as alleged:
/// `unsigned int` in C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnyRef(pub u32);

impl Register for AnyRef {
    const C_BEFORE: &'static str = "unsigned int ";

    #[inline]
    fn from_register(bits: u32) -> AnyRef {
        AnyRef(bits)
    }

    #[inline]
    fn to_register(&self) -> u32 {
        self.0
    }
}

/// How long a call may wait: an `int` of milliseconds in C, negative for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timeout {
    /// Until it happens.
    Forever,
    /// Not at all.
    Poll,
    /// At most so many milliseconds.
    WithinMs(u32),
}

impl Register for Timeout {
    const C_BEFORE: &'static str = "int ";

    #[inline]
    fn from_register(bits: u32) -> Timeout {
        match bits as i32 {
            0 => Timeout::Poll,
            ms if ms > 0 => Timeout::WithinMs(bits),
            _ => Timeout::Forever,
        }
    }

    #[inline]
    fn to_register(&self) -> u32 {
        match self {
            Timeout::Forever => u32::MAX,
            Timeout::Poll => 0,
            Timeout::WithinMs(ms) => (*ms).min(i32::MAX as u32),
        }
    }
}

/// The address of a handler of software interrupts; 0 for none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler(pub u32);

impl Register for Handler {
    const C_BEFORE: &'static str = "void (*";
    const C_AFTER: &'static str = ")()";

    #[inline]
    fn from_register(bits: u32) -> Handler {
        Handler(bits)
    }

    #[inline]
    fn to_register(&self) -> u32 {
        self.0
    }
}

/// The address of a `T` in the caller's memory, as alleged.
#[derive(Debug)]
pub struct Ptr<T> {
    /// The address.
    pub addr: u32,
    pointee: PhantomData<fn() -> T>,
}

impl<T> Ptr<T> {
    /// The pointer to this address.
    pub const fn new(addr: u32) -> Ptr<T> {
        Ptr { addr, pointee: PhantomData }
    }
}

impl<T> Clone for Ptr<T> {
    fn clone(&self) -> Ptr<T> {
        *self
    }
}

impl<T> Copy for Ptr<T> {}

impl<T: Pointee> Register for Ptr<T> {
    const C_BEFORE: &'static str = T::C_POINTER;

    #[inline]
    fn from_register(bits: u32) -> Ptr<T> {
        Ptr::new(bits)
    }

    #[inline]
    fn to_register(&self) -> u32 {
        self.addr
    }
}

/// What a pointer in a call may point to.
pub trait Pointee {
    /// How C writes a pointer to it, with what separates it from a name.
    const C_POINTER: &'static str;
}

/// A null-terminated string.
#[derive(Debug)]
pub struct Text;

/// A block of bytes.
#[derive(Debug)]
pub struct Bytes;

macro_rules! pointees {
    ($($pointee:ty: $c:literal,)+) => {
        $(impl Pointee for $pointee { const C_POINTER: &'static str = $c; })+
    };
}

pointees! {
    Text: "const char *",
    Bytes: "char *",
    u32: "unsigned int *",
    i32: "int *",
    NodeEntry: "NodeEntry *",
    IncCreateParams: "IncCreateParams *",
    Msg: "Msg *",
    SelectMessages: "SelectMessages *",
    EvDesc: "EvDesc *",
    IncState: "IncState *",
    TimeBuf: "TimeBuf *",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_three_forms() {
        assert_eq!(Timeout::from_register(0), Timeout::Poll);
        assert_eq!(Timeout::from_register(-5i32 as u32), Timeout::Forever);
        assert_eq!(Timeout::from_register(5), Timeout::WithinMs(5));
        assert_eq!(Timeout::WithinMs(u32::MAX).to_register(), i32::MAX as u32);
        for timeout in [Timeout::Poll, Timeout::Forever, Timeout::WithinMs(7)] {
            assert_eq!(Timeout::from_register(timeout.to_register()), timeout);
        }
    }
}
