//! Messages that wait in the kernel: one pool for the node, in two sizes (dissertation, §4.4.2).
//!
//! A message always takes a record, and a block of 1.5 KB if it brings data of its own. Both
//! are made at boot; when none is free, the message is not taken and its source is told to
//! try again. Data beyond one packet stays with its sender until it is received.

use alloc::vec;
use alloc::vec::Vec;

use abi::ids::NodeId;
use abi::message::{CARRIED_DATA, KernelPort, Kind, WireReference};

use crate::platform::Grant;
use crate::quota::Share;
use crate::slab::Slab;

/// Ends a queue of messages.
pub const END: u16 = u16::MAX;

/// Who is to be answered about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// His ghost.
    pub ghost: KernelPort,
    /// The source that the message came from, its bits.
    pub source: u64,
    /// The number of the message there.
    pub sequence: u32,
}

/// A right to read data of another node, or of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Who issued it.
    pub node: NodeId,
    /// The right.
    pub grant: Grant,
}

/// A message that was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// The next of its queue.
    pub next: u16,
    /// How it was sent.
    pub kind: Kind,
    /// The kernel port that it arrived at.
    pub port: u16,
    /// Where that port remembers the party.
    pub entry: u16,
    /// The stream that brought it, its bits.
    pub source: u64,
    /// Who is to be answered: the first sender, if it was forwarded.
    pub party: Party,
    /// The application's header.
    pub head: [u8; 32],
    /// Bytes of extra data.
    pub total: u32,
    /// Bytes that the sender takes in a reply.
    pub capacity: u32,
    /// A reference that comes with it.
    pub reference: Option<WireReference>,
    /// The right to pull its data, if that is not in `block`.
    pub granted: Option<Granted>,
    /// The block with its data.
    pub block: Option<u16>,
}

impl Message {
    /// An invocation without contents, which has come to a kernel port.
    pub fn of_invocation(party: Party, port: u16, entry: u16) -> Self {
        Self {
            next: END,
            kind: Kind::Invoke,
            port,
            entry,
            source: party.source,
            party,
            head: [0; 32],
            total: 0,
            capacity: 0,
            reference: None,
            granted: None,
            block: None,
        }
    }
}

/// All messages that wait in one node.
#[derive(Debug)]
pub struct Pool {
    messages: Slab<Message>,
    data: Vec<[u8; CARRIED_DATA]>,
    blocks: Slab<()>,
}

impl Pool {
    /// A pool of `messages` records and `blocks` blocks.
    pub fn new(messages: u16, blocks: u16) -> Self {
        Self {
            messages: Slab::new(messages),
            data: vec![[0; CARRIED_DATA]; usize::from(blocks)],
            blocks: Slab::new(blocks),
        }
    }

    /// Takes a record for `message`; `None` if there is none.
    pub fn insert(&mut self, message: Message) -> Option<u16> {
        self.messages.insert(message).ok()
    }

    /// Takes a block; `None` if there is none.
    pub fn take_block(&mut self) -> Option<u16> {
        self.blocks.insert(()).ok()
    }

    /// Gives a block back.
    pub fn free_block(&mut self, block: u16) {
        self.blocks.remove(block);
    }

    /// Gives a record and its block back.
    pub fn free(&mut self, index: u16) {
        if let Some(Message { block: Some(block), .. }) = self.messages.remove(index) {
            self.blocks.remove(block);
        }
    }

    /// The message at `index`, which its holder has not given back.
    pub fn message(&self, index: u16) -> &Message {
        self.messages.get(index).expect("a held message is in the pool")
    }

    /// The message at `index`, to be changed.
    pub fn message_mut(&mut self, index: u16) -> &mut Message {
        self.messages.get_mut(index).expect("a held message is in the pool")
    }

    /// The first `length` bytes of `block`.
    pub fn data(&self, block: u16, length: usize) -> &[u8] {
        &self.data[usize::from(block)][..length]
    }

    /// The data that message `index` holds itself.
    pub fn data_of(&self, index: u16) -> &[u8] {
        let message = self.message(index);
        message.block.map_or(&[], |block| self.data(block, message.total as usize))
    }

    /// The first `length` bytes of `block`, to be written.
    pub fn data_mut(&mut self, block: u16, length: usize) -> &mut [u8] {
        &mut self.data[usize::from(block)][..length]
    }

    /// Copies the first `length` bytes of a block to another.
    pub fn copy_block(&mut self, from: u16, to: u16, length: usize) {
        self.copy_part(from, 0, to, 0, length);
    }

    /// Copies `length` bytes of a block, from `start` on, to `at` in another.
    pub fn copy_part(&mut self, from: u16, start: usize, to: u16, at: usize, length: usize) {
        if let Ok([from, to]) = self.data.get_disjoint_mut([usize::from(from), usize::from(to)]) {
            to[at..at + length].copy_from_slice(&from[start..start + length]);
        }
    }

    /// Records and blocks that are free.
    pub fn free_share(&self) -> Share {
        Share {
            messages: (self.messages.capacity() - self.messages.len()) as u16,
            blocks: (self.blocks.capacity() - self.blocks.len()) as u16,
        }
    }

    /// Records in use.
    pub fn used(&self) -> usize {
        self.messages.len()
    }

    /// Blocks in use.
    pub fn used_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// All messages, with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Message)> {
        self.messages.iter()
    }

    /// Whether the tables agree with themselves and each block with its record.
    pub fn is_sound(&self) -> bool {
        let held = self.messages.iter().filter_map(|(_, message)| message.block);
        self.messages.is_sound()
            && self.blocks.is_sound()
            && held.into_iter().all(|block| self.blocks.get(block).is_some())
    }
}

/// A queue of messages, linked through their records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    first: u16,
    last: u16,
    length: u16,
}

impl Default for Queue {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Queue {
    /// A queue without messages.
    pub const EMPTY: Self = Self { first: END, last: END, length: 0 };

    /// Number of messages.
    pub fn len(self) -> u16 {
        self.length
    }

    /// The first message.
    pub fn first(self) -> Option<u16> {
        (self.first != END).then_some(self.first)
    }

    /// Puts message `index` behind the others.
    pub fn push(&mut self, pool: &mut Pool, index: u16) {
        pool.message_mut(index).next = END;
        if self.last == END {
            self.first = index;
        } else {
            pool.message_mut(self.last).next = index;
        }
        self.last = index;
        self.length += 1;
    }

    /// Puts message `index` before the others.
    pub fn push_front(&mut self, pool: &mut Pool, index: u16) {
        pool.message_mut(index).next = self.first;
        self.first = index;
        if self.last == END {
            self.last = index;
        }
        self.length += 1;
    }

    /// The first message from `source`, or from anybody if that is 0.
    pub fn find(self, pool: &Pool, source: u64) -> Option<u16> {
        self.iter(pool).find(|(_, message)| source == 0 || message.source == source).map(|at| at.0)
    }

    /// Takes message `index` out.
    pub fn remove(&mut self, pool: &mut Pool, index: u16) {
        let next = pool.message(index).next;
        let previous = if self.first == index {
            self.first = next;
            END
        } else {
            let mut at = self.first;
            while pool.message(at).next != index {
                at = pool.message(at).next;
            }
            pool.message_mut(at).next = next;
            at
        };
        if self.last == index {
            self.last = previous;
        }
        self.length -= 1;
    }

    /// Takes the first message out.
    pub fn pop(&mut self, pool: &mut Pool) -> Option<u16> {
        if self.first == END {
            return None;
        }
        let index = self.first;
        self.remove(pool, index);
        Some(index)
    }

    /// All messages in their order, with their indices.
    pub fn iter(self, pool: &Pool) -> impl Iterator<Item = (u16, &Message)> {
        let mut at = self.first;
        core::iter::from_fn(move || {
            if at == END {
                return None;
            }
            let index = at;
            let message = pool.message(index);
            at = message.next;
            Some((index, message))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use proptest::prelude::*;

    fn message(source: u64) -> Message {
        Message {
            next: END,
            kind: Kind::Send,
            port: 0,
            entry: 0,
            source,
            party: Party { ghost: KernelPort::NONE, source, sequence: 1 },
            head: [0; 32],
            total: 0,
            capacity: 0,
            reference: None,
            granted: None,
            block: None,
        }
    }

    proptest! {
        #[test]
        fn a_queue_keeps_its_order(steps in prop::collection::vec((0u8..4, 1u64..4), 0..200)) {
            let mut pool = Pool::new(8, 0);
            let mut queue = Queue::EMPTY;
            let mut model: VecDeque<(u16, u64)> = VecDeque::new();
            for (step, source) in steps {
                match step {
                    0 | 1 => match pool.insert(message(source)) {
                        Some(index) if step == 0 => {
                            queue.push(&mut pool, index);
                            model.push_back((index, source));
                        }
                        Some(index) => {
                            queue.push_front(&mut pool, index);
                            model.push_front((index, source));
                        }
                        None => prop_assert_eq!(model.len(), 8),
                    },
                    2 => {
                        let found = queue.find(&pool, source);
                        let at = model.iter().position(|entry| entry.1 == source);
                        prop_assert_eq!(found, at.map(|at| model[at].0));
                        if let (Some(index), Some(at)) = (found, at) {
                            queue.remove(&mut pool, index);
                            pool.free(index);
                            model.remove(at);
                        }
                    }
                    _ => {
                        let popped = queue.pop(&mut pool);
                        prop_assert_eq!(popped, model.pop_front().map(|entry| entry.0));
                        if let Some(index) = popped {
                            pool.free(index);
                        }
                    }
                }
                let order: Vec<u16> = queue.iter(&pool).map(|at| at.0).collect();
                prop_assert!(order.into_iter().eq(model.iter().map(|entry| entry.0)));
                prop_assert_eq!(usize::from(queue.len()), model.len());
                prop_assert!(pool.is_sound());
            }
        }
    }

    #[test]
    fn a_block_goes_back_with_its_message() {
        let mut pool = Pool::new(2, 1);
        let block = pool.take_block().expect("one block");
        assert_eq!(pool.take_block(), None);
        let index = pool.insert(Message { block: Some(block), ..message(1) }).expect("room");
        assert!(pool.is_sound());
        pool.free(index);
        assert_eq!((pool.used(), pool.used_blocks()), (0, 0));
    }
}
