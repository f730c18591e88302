//! What the modules of `bench` say to each other: the primary incarnation makes calls, a receiver,
//! near or far, is there to be called.
#![cfg_attr(target_arch = "m68k", no_std)]

/// The largest data of one message, in bytes.
pub const DATA_MAX: usize = 64 << 10;

/// What a receiver does. It is created with the number as its parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Role {
    /// Replies to invocations, and drops messages that want no reply. If there were any, it
    /// replies with their number.
    Reply,
    /// Receives without keeping invokers waiting for a reply.
    Release,
    /// Replies with the reference that came.
    Return,
    /// Replies with a reference to a buffer of [`DATA_MAX`] bytes.
    Lend,
    /// Replies to one invocation as its first act, and then does nothing until it is destroyed.
    Greet,
}

impl Role {
    /// The role that a receiver was created with.
    pub fn of(parameters: &[u8]) -> Role {
        let roles = [Role::Release, Role::Return, Role::Lend, Role::Greet];
        let chosen = roles.into_iter().find(|role| parameters == [*role as u8]);
        chosen.unwrap_or(Role::Reply)
    }
}
