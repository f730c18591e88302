//! What the modules of `bench` say to each other: the primary incarnation makes calls, a receiver,
//! near or far, is there to be called.
#![cfg_attr(target_arch = "m68k", no_std)]

pub mod reconfigure;

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The largest data of one message, in bytes.
pub const DATA_MAX: usize = 100 << 10;

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
    /// Replies to an invocation that brings a port, as its first act, and receives there then,
    /// without replying.
    Join,
    /// Gets a reference from stream space as often as a [`Search`] says, and then replies.
    Search,
}

/// What is to be got from stream space, and how often.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Search {
    /// How often.
    pub count: U32,
    /// Whether it is what caches keep: 1, or 0.
    pub is_cached: U32,
}

impl Search {
    /// The label of what is got.
    pub fn label(&self) -> &'static str {
        if self.is_cached.get() == 0 { "bench.uncached" } else { "bench.cached" }
    }
}

impl Role {
    /// The role that a receiver was created with.
    pub fn of(parameters: &[u8]) -> Role {
        let roles =
            [Role::Release, Role::Return, Role::Lend, Role::Greet, Role::Join, Role::Search];
        let chosen = roles.into_iter().find(|role| parameters == [*role as u8]);
        chosen.unwrap_or(Role::Reply)
    }
}
