//! Shares of the pool of messages: a busy incarnation must not keep others from receiving, nor
//! the kernels from talking.
//!
//! Each incarnation that is hosted has a claim to [`GUARANTEED`] messages; what it has not
//! used of that nobody else gets. Of the rest a part is for requests between kernels; what
//! then remains is for whoever comes first, up to each incarnation's bound.

use crate::platform::{Platform, Slot};
use crate::pool::Message;
use crate::state::State;
use crate::trace::Table;

/// Messages, and how many of them have data in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Share {
    /// Messages.
    pub messages: u16,
    /// Blocks.
    pub blocks: u16,
}

/// What each incarnation can always hold.
pub const GUARANTEED: Share = Share { messages: 2, blocks: 1 };

impl Share {
    /// Messages and blocks that requests between kernels find in any case, on a node of
    /// `incarnations`.
    pub fn for_requests(incarnations: u16) -> Self {
        let count = incarnations / 2 + 4;
        Self { messages: count, blocks: count }
    }

    /// The smallest pool that keeps all promises.
    pub fn least(incarnations: u16) -> Self {
        let requests = Self::for_requests(incarnations);
        Self {
            messages: incarnations * GUARANTEED.messages + requests.messages + 1,
            blocks: incarnations * GUARANTEED.blocks + requests.blocks + 1,
        }
    }

    /// What is left of the guarantee for somebody who holds this.
    fn claim(self) -> Self {
        Self {
            messages: GUARANTEED.messages.saturating_sub(self.messages),
            blocks: GUARANTEED.blocks.saturating_sub(self.blocks),
        }
    }
}

/// For whom room is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A message that an incarnation is to receive.
    Receiver(Slot),
    /// A message that moves to an incarnation with its port or stream. Its own bound does not
    /// count: nobody would make room while the whole of a long queue waits to come.
    Adopter(Slot),
    /// A request to a ghost or loader, or the reply to it.
    Kernel,
    /// Anything else that an incarnation wants kept: a reply, the data of a request.
    Other,
}

impl<P: Platform> State<P> {
    /// Whether there is room for a message of `holder`, with a block if it has data.
    pub(crate) fn has_room(&mut self, holder: Holder, has_data: bool) -> bool {
        let held = match holder {
            Holder::Receiver(slot) | Holder::Adopter(slot) => {
                self.incarnation(slot).map_or(GUARANTEED, |it| it.held)
            }
            _ => GUARANTEED,
        };
        let kept = match holder {
            Holder::Kernel => Share::default(),
            _ => Share::for_requests(self.config.incarnations),
        };
        let free = self.pool.free_share();
        if let Holder::Receiver(_) = holder
            && held.messages >= self.config.messages_each
        {
            self.trace_full(Table::Quota, self.config.messages_each);
            return false;
        }
        let claims = self.claims;
        let messages =
            held.messages < GUARANTEED.messages || free.messages > claims.messages + kept.messages;
        let blocks = !has_data
            || held.blocks < GUARANTEED.blocks
            || free.blocks > claims.blocks + kept.blocks;
        if !messages {
            self.trace_full(Table::Messages, self.config.messages);
        } else if !blocks {
            self.trace_full(Table::Blocks, self.config.blocks);
        }
        messages && blocks
    }

    /// `slot` holds one message more.
    pub(crate) fn hold(&mut self, slot: Slot, message: &Message) {
        let blocks = u16::from(message.block.is_some());
        self.change_held(slot, |held| Share {
            messages: held.messages + 1,
            blocks: held.blocks + blocks,
        });
    }

    /// `slot` gives a message back.
    pub(crate) fn release_message(&mut self, slot: Slot, index: u16) {
        let blocks = u16::from(self.pool.message(index).block.is_some());
        self.pool.free(index);
        self.change_held(slot, |held| Share {
            messages: held.messages - 1,
            blocks: held.blocks - blocks,
        });
    }

    fn change_held(&mut self, slot: Slot, change: impl FnOnce(Share) -> Share) {
        let Some(incarnation) = self.locals[slot.index()].incarnation.as_mut() else { return };
        let before = incarnation.held.claim();
        incarnation.held = change(incarnation.held);
        let after = incarnation.held.claim();
        self.claims.messages = self.claims.messages + after.messages - before.messages;
        self.claims.blocks = self.claims.blocks + after.blocks - before.blocks;
    }

    /// An incarnation comes to a place: its claim begins.
    pub(crate) fn begin_claim(&mut self) {
        self.claims.messages += GUARANTEED.messages;
        self.claims.blocks += GUARANTEED.blocks;
    }

    /// The incarnation in `slot` leaves, holding nothing any more.
    pub(crate) fn end_claim(&mut self, slot: Slot) {
        let claim = self.incarnation(slot).map_or(Share::default(), |inc| inc.held.claim());
        self.claims.messages -= claim.messages;
        self.claims.blocks -= claim.blocks;
    }

    /// What all hosted incarnations have a claim to, counted anew.
    pub(crate) fn count_claims(&self) -> Share {
        let hosted = self.locals.iter().filter_map(|local| local.incarnation.as_ref());
        hosted.map(|incarnation| incarnation.held.claim()).fold(Share::default(), |sum, claim| {
            Share { messages: sum.messages + claim.messages, blocks: sum.blocks + claim.blocks }
        })
    }
}
