//! Backup ports (dissertation, §6.2.4): a port that is associated with a unicast channel, and is
//! attached to it when the node is lost where the attached port is.
//!
//! The kernel of a backup port remembers on which node, in which boot, the attached port was
//! last. It asks there once a second, and everywhere if it is not there any more. When that boot is
//! lost it asks all nodes ([`search`]). The backup port is attached when all that are up have
//! answered that they have no such port, and none that comes or goes. A port that was closed while
//! its node lived is therefore missed by nobody.
//!
//! No two are attached at a time. A node that has said so to one who wants to attach a port forgets
//! what it was told itself, and asks again: of two who ask each other at the same time at most one
//! has all answers. Of several backup ports the one with the lowest identity comes first: its
//! kernel tells the others, and senders, that the port is about to come.

mod search;

use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::{Epoch, GlobalId, NodeId, RefId};
use abi::message::PortType;

use crate::exchange::NodeSet;
use crate::moving::attach::LEAP;
use crate::platform::{Bus, Instant, Machine, PeerState, Platform, Slot};
use crate::port::{Attachment, Port};
use crate::reference::Reference;
use crate::state::State;
use search::Question;

/// Backup ports of a node; one more is refused with `TableFull`.
pub const BACKUPS: u16 = 64;

/// Microseconds for which senders are told that a backup port is about to be attached: 6 s.
const CLAIM_US: u64 = 6_000_000;

/// A port that waits to take the place of another one.
#[derive(Clone, Copy, Debug)]
pub struct Backup {
    /// Its owner.
    pub slot: Slot,
    /// The entry of his references.
    pub reference: u16,
    /// Which port it is.
    pub port: GlobalId,
    /// The channel.
    pub channel: GlobalId,
    /// The place that is kept for its attachment.
    kernel_port: u16,
    /// Where the attached port was last, in which boot; `None` until that is known.
    place: Option<(NodeId, Epoch)>,
    /// Since when that boot is known to be lost.
    lost: Option<Instant>,
    /// What the other nodes were asked last.
    question: Question,
}

/// That a backup port here is about to be attached to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Soon.
    Fresh,
    /// It should have been: some node does not answer.
    Stale,
}

impl<P: Platform> State<P> {
    /// Makes a backup port of `slot` for a channel. It does nothing until
    /// [`State::begin_backup`].
    pub(crate) fn add_backup(&mut self, slot: Slot, channel: GlobalId) -> Result<RefId, CallError> {
        let is_same = |backup: &Backup| backup.slot == slot && backup.channel == channel;
        if self.backups.iter().any(|(_, backup)| is_same(backup)) {
            return Err(CallError::BadArgument);
        }
        if self.backups.len() >= self.backups.capacity() {
            return Err(CallError::TableFull);
        }
        let kernel_port = self.ports.reserve().ok_or(CallError::NoMemory)?;
        let port = self.new_id();
        let reference = Reference::Port(Port::new(port));
        let inserted = self.caller(slot).references.insert(reference);
        let id = inserted.inspect_err(|_| self.ports.release(kernel_port))?;
        let question = Question {
            number: 0,
            absent: NodeSet::EMPTY,
            is_answered: true,
            begun: Instant(0),
            due: None,
        };
        let reference = id.index() as u16;
        let backup = Backup {
            slot,
            reference,
            port,
            channel,
            kernel_port,
            place: None,
            lost: None,
            question,
        };
        let _ = self.backups.insert(backup);
        Ok(id)
    }

    /// The attached port is at `node`: from now on the backup port of `slot` at `reference` can take
    /// its place.
    pub(crate) fn begin_backup(&mut self, slot: Slot, reference: u16, node: NodeId) {
        let is_it = |backup: &Backup| backup.slot == slot && backup.reference == reference;
        let found = self.backups.iter().find(|(_, backup)| is_it(backup)).map(|found| found.0);
        if let Some(index) = found {
            self.found_at(index, node);
        }
    }

    /// The backup port with this identity, if it is one.
    pub(crate) fn backup(&self, port: GlobalId) -> Option<&Backup> {
        self.backups.iter().map(|(_, backup)| backup).find(|backup| backup.port == port)
    }

    /// Whether the reference of `slot` at `index` is a backup port.
    pub(crate) fn is_backup(&self, slot: Slot, index: u16) -> bool {
        self.backups.iter().any(|(_, backup)| (backup.slot, backup.reference) == (slot, index))
    }

    /// A port is a backup port no more, if it was one.
    pub(crate) fn end_backup(&mut self, port: GlobalId) {
        let found = self.backups.iter().find(|(_, backup)| backup.port == port);
        if let Some(index) = found.map(|found| found.0)
            && let Some(backup) = self.backups.remove(index)
        {
            self.ports.release(backup.kernel_port);
        }
    }

    /// A port was attached to a channel by somebody else: if it was a backup port for that, it is
    /// none any more.
    pub(crate) fn need_no_backup(&mut self, slot: Slot, reference: u16, channel: GlobalId) {
        let is_it = |backup: &Backup| {
            (backup.slot, backup.reference, backup.channel) == (slot, reference, channel)
        };
        let found = self.backups.iter().map(|(_, backup)| backup).find(|backup| is_it(backup));
        if let Some(port) = found.map(|backup| backup.port) {
            self.end_backup(port);
        }
    }

    /// Whether the attached port is lost with its node, as far as is known here.
    fn is_orphan(&self, backup: &Backup) -> bool {
        backup.place.is_some_and(|(node, epoch)| self.bus.peer(node) != PeerState::Up(epoch))
    }

    /// Whether a backup port here is about to be attached to a channel.
    pub(crate) fn claim_on(&mut self, channel: u64) -> Option<Claim> {
        let is_it = |backup: &Backup| backup.channel.bits() == channel && self.is_orphan(backup);
        let lost = self.backups.iter().find(|(_, backup)| is_it(backup)).map(|it| it.1.lost)?;
        let Some(lost) = lost else {
            // The sender has noticed it first.
            self.hurry_backups();
            return Some(Claim::Fresh);
        };
        let age = self.machine.now().since_us(lost);
        Some(if age <= CLAIM_US { Claim::Fresh } else { Claim::Stale })
    }

    /// Whether a backup port here comes before `other`, which is elsewhere.
    pub(crate) fn has_claim_before(&self, channel: u64, other: u64) -> bool {
        let now = self.machine.now();
        self.backups.iter().map(|(_, backup)| backup).any(|backup| {
            let is_fresh = backup.lost.is_none_or(|lost| now.since_us(lost) <= CLAIM_US);
            let comes_first = backup.channel.bits() == channel && backup.port.bits() < other;
            comes_first && is_fresh && self.is_orphan(backup)
        })
    }

    /// This node says to `seeker`, who may attach a port, that it has none of this channel. What its
    /// own backup ports were told before does not hold any more.
    pub(crate) fn stand_back(&mut self, port_type: PortType, channel: u64, seeker: u64) {
        if !matches!(port_type, PortType::Attachment | PortType::Backup) {
            return;
        }
        let now = self.machine.now();
        for index in 0..self.backups.capacity() as u16 {
            let Some(backup) = self.backups.get_mut(index) else { continue };
            if backup.channel.bits() == channel && backup.port.bits() != seeker {
                backup.question.begin_anew(now);
            }
        }
    }

    /// Attaches a backup port, in whose way nobody is.
    fn take_place(&mut self, index: u16) {
        let Some(backup) = self.backups.remove(index) else { return };
        let Backup { slot, reference, channel, kernel_port, .. } = backup;
        let channel_type = abi::constants::ChannelType::Unicast;
        let attachment = Attachment { channel, channel_type, generation: LEAP, kernel_port };
        let port = self.caller(slot).references.port_mut(reference);
        if !port.is_some_and(|port| {
            port.unseen |= 1 << EventType::PortAttached as u16;
            port.attach(attachment)
        }) {
            return self.ports.release(kernel_port);
        }
        self.ports.resume(kernel_port, slot, reference, channel);
        let address = self.ports.address(kernel_port);
        self.attached_here(channel, address);
        self.stir(slot);
    }

    /// Whether each backup port is a port that its owner has, and that is not attached. It may be
    /// about to be, with a kernel port that takes nothing yet.
    pub(crate) fn are_backups_sound(&self) -> bool {
        self.backups.iter().all(|(_, backup)| {
            let references = self.incarnation(backup.slot).map(|inc| &inc.references);
            let reference = references.and_then(|references| references.at(backup.reference));
            let is_closed = |kernel_port| self.ports.identity(kernel_port) == 0;
            let is_detached = |port: &Port| {
                port.attachment(backup.channel).is_none_or(|at| is_closed(at.kernel_port))
            };
            is_closed(backup.kernel_port)
                && matches!(reference, Some(Reference::Port(port))
                    if port.id == backup.port && is_detached(port))
        })
    }
}
