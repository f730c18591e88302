//! A port: what an incarnation receives from (dissertation, §4.4, §6.2).

use abi::constants::{ChannelType, Domain};
use abi::error::CallError;
use abi::ids::{GlobalId, NodeId};

use crate::pool::Queue;

/// Attachments that one port can have.
pub const ATTACHMENTS: usize = 4;

/// A queue of messages and the channels that lead to it (§4.4).
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// The port itself, as handles to it know it.
    pub id: GlobalId,
    /// The kernel ports of its attachments.
    pub attachments: [Option<Attachment>; ATTACHMENTS],
    /// Messages that have arrived.
    pub queue: Queue,
    /// What has happened to its attachments and was not seen: a mask of `1 << EventType`.
    pub unseen: u16,
    /// Where it may be propagated.
    pub domain: Domain,
    /// Whether it is being propagated.
    pub offer: Offer,
    /// The number of the offer that can be followed; those before were taken back.
    pub offers: u16,
}

/// Whether a port is being propagated, by a message that its receiver has not got (§6.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// No.
    None,
    /// Yes, and its owner keeps it: messages for it are held back meanwhile.
    Held,
    /// Yes, and its owner has given it up, by a message to this node; it becomes his again if
    /// that is lost.
    Given {
        /// Where the message is.
        node: NodeId,
        /// Whether messages for the port are held back meanwhile.
        holds: bool,
    },
}

impl Offer {
    /// Whether the port is its owner's no more.
    pub fn is_given(self) -> bool {
        matches!(self, Self::Given { .. })
    }

    /// Whether messages for the port are held back.
    pub fn holds(self) -> bool {
        matches!(self, Self::Held | Self::Given { holds: true, .. })
    }
}

/// A port's place at a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The channel.
    pub channel: GlobalId,
    /// Its type.
    pub channel_type: ChannelType,
    /// Which attachment to a unicast channel it is: the highest is the one that counts.
    pub generation: u32,
    /// Index of the kernel port that receives for it.
    pub kernel_port: u16,
}

impl Port {
    /// A port without attachments.
    pub fn new(id: GlobalId) -> Self {
        Self {
            id,
            attachments: [None; ATTACHMENTS],
            queue: Queue::EMPTY,
            unseen: 0,
            domain: Domain::Any,
            offer: Offer::None,
            offers: 0,
        }
    }

    /// The first port of a new channel, from which it has its name: none has it yet.
    pub fn attached(channel: GlobalId, channel_type: ChannelType, kernel_port: u16) -> Self {
        let attachment = Attachment { channel, channel_type, generation: 0, kernel_port };
        Self { attachments: [Some(attachment), None, None, None], ..Self::new(channel) }
    }

    /// The type of the channels that it is attached to: unicast if to none. `MixedPort` if they
    /// are of both types, when it cannot be propagated (§6.2.1).
    pub fn channel_type(&self) -> Result<ChannelType, CallError> {
        let mut types = self.attached_to().map(|attachment| attachment.channel_type);
        let first = types.next().unwrap_or(ChannelType::Unicast);
        if types.all(|other| other == first) { Ok(first) } else { Err(CallError::MixedPort) }
    }

    /// Its attachments.
    pub fn attached_to(&self) -> impl Iterator<Item = &Attachment> {
        self.attachments.iter().flatten()
    }

    /// Its attachment to `channel`.
    pub fn attachment(&self, channel: GlobalId) -> Option<&Attachment> {
        self.attached_to().find(|attachment| attachment.channel == channel)
    }

    /// Enters an attachment; false if there is no place for it.
    pub fn attach(&mut self, attachment: Attachment) -> bool {
        let place = self.attachments.iter_mut().find(|place| place.is_none());
        place.is_some_and(|place| {
            *place = Some(attachment);
            true
        })
    }

    /// Takes out the attachment whose kernel port this is.
    pub fn detach(&mut self, kernel_port: u16) -> Option<Attachment> {
        let is_it =
            |place: &&mut Option<Attachment>| place.is_some_and(|at| at.kernel_port == kernel_port);
        self.attachments.iter_mut().find(is_it)?.take()
    }
}
