//! What the kernel of a backup port asks the other nodes: where the attached port is, or, when that
//! is lost, whether there is another one.

use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use super::Backup;
use crate::delivery::locate::Whereabouts;
use crate::delivery::send::header;
use crate::exchange::NodeSet;
use crate::platform::{Bus, Instant, Machine, PeerState, Platform};
use crate::pool::Party;
use crate::state::State;

/// Microseconds between two questions where the attached port is: 1 s.
const FOLLOW_US: u64 = 1_000_000;
/// Microseconds between two questions whether there is another one: 100 ms.
const SEARCH_US: u64 = 100_000;
/// Microseconds for which an answer to these holds: 2 s. It is less than the time for which a node
/// remembers that a port has gone elsewhere, so that no port slips through.
const VALID_US: u64 = 2_000_000;

/// The hint of a search that is to be answered also where the port is not.
const INSISTS: u16 = 1;

/// What the other nodes are asked for a backup port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// Its number: what is said about an earlier one does not count.
    pub number: u32,
    /// The nodes that have answered that the port is not there.
    pub absent: NodeSet,
    /// Whether anybody has answered that it is.
    pub is_answered: bool,
    /// When it was asked first.
    pub begun: Instant,
    /// When somebody is asked next; never, as long as it is not known who has the port.
    pub due: Option<Instant>,
}

impl Question {
    /// All nodes are to be asked anew.
    pub fn begin_anew(&mut self, now: Instant) {
        self.number = self.number.wrapping_add(1);
        (self.absent, self.begun) = (NodeSet::EMPTY, now);
    }
}

impl<P: Platform> State<P> {
    /// Asks what is to be asked at `now` for backup ports.
    pub(crate) fn watch_backups(&mut self, now: Instant) {
        if self.backups_due.is_none_or(|due| due > now) {
            return;
        }
        for index in 0..self.backups.capacity() as u16 {
            let Some(&backup) = self.backups.get(index) else { continue };
            if backup.question.due.is_some_and(|due| due <= now) {
                if self.is_orphan(&backup) {
                    self.search_for_backup(index, now);
                } else {
                    self.follow(index, now);
                }
            }
        }
        self.backups_due = self.backups.iter().filter_map(|it| it.1.question.due).min();
    }

    /// A node may have been lost: backup ports whose turn it is do not wait.
    pub(crate) fn hurry_backups(&mut self) {
        let now = self.machine.now();
        for index in 0..self.backups.capacity() as u16 {
            let Some(&backup) = self.backups.get(index) else { continue };
            if backup.lost.is_none()
                && self.is_orphan(&backup)
                && let Some(backup) = self.backups.get_mut(index)
            {
                backup.question.due = Some(now);
                self.backups_due = Some(now);
            }
        }
        if self.backups_due == Some(now) {
            self.add_deadline(now);
        }
    }

    /// The attached port, for which a backup port waits, is at `node`.
    pub(super) fn found_at(&mut self, index: u16, node: NodeId) {
        let PeerState::Up(epoch) = self.bus.peer(node) else { return };
        let due = self.machine.now().after_us(FOLLOW_US);
        let Some(backup) = self.backups.get_mut(index) else { return };
        (backup.place, backup.lost) = (Some((node, epoch)), None);
        (backup.question.is_answered, backup.question.due) = (true, Some(due));
        if self.backups_due.is_none_or(|first| due < first) {
            self.backups_due = Some(due);
        }
        self.add_deadline(due);
    }

    /// Asks where the attached port is: where it was last, and everywhere when it was not there.
    fn follow(&mut self, index: u16, now: Instant) {
        let Some(backup) = self.backups.get_mut(index) else { return };
        backup.lost = None;
        backup.question.begin_anew(now);
        backup.question.due = Some(now.after_us(FOLLOW_US));
        let was_there = core::mem::replace(&mut backup.question.is_answered, false);
        let backup = *backup;
        if self.ports.find(backup.channel.bits(), PortType::Channel).is_some() {
            return self.found_at(index, self.node);
        }
        let last = backup.place.filter(|_| was_there).map(|place| place.0);
        self.ask_for_backup(&backup, 0, |node| last.is_none_or(|last| last == node));
    }

    /// Asks all nodes that have not answered yet whether they have the port.
    fn search_for_backup(&mut self, index: u16, now: Instant) {
        let Some(backup) = self.backups.get_mut(index) else { return };
        let is_over = now.since_us(backup.question.begun) > VALID_US;
        if backup.lost.is_none() || is_over {
            backup.question.begin_anew(now);
        }
        backup.lost.get_or_insert(now);
        backup.question.due = Some(now.after_us(SEARCH_US));
        let backup = *backup;
        self.ask_for_backup(&backup, INSISTS, |node| !backup.question.absent.contains(node));
        self.attach_if_nobody_is(index);
    }

    fn ask_for_backup(&mut self, backup: &Backup, hint: u16, is_asked: impl Fn(NodeId) -> bool) {
        let ghost = self.ports.ghost_of(backup.slot);
        let (source, sequence) = (backup.port.bits(), backup.question.number);
        let party = Party { ghost, source, sequence };
        let (to_type, channel) = (PortType::Backup, backup.channel.bits());
        let mut search = header(Kind::Locate, KernelPort::NONE, to_type, channel, party);
        search.hint = hint.into();
        self.ask_nodes(&search, is_asked);
    }

    /// An answer has come from `node` to a question of `party`; false if that is no backup port.
    pub(crate) fn hear_of_backup(
        &mut self,
        kind: Kind,
        party: Party,
        hint: u16,
        node: NodeId,
    ) -> bool {
        let Party { source, sequence, .. } = party;
        let is_it = |backup: &Backup| backup.port.bits() == source;
        let Some((index, backup)) = self.backups.iter().find(|(_, backup)| is_it(backup)) else {
            return false;
        };
        if backup.question.number != sequence {
            return true;
        }
        match kind {
            Kind::Here => self.found_at(index, node),
            Kind::NotHere if hint == INSISTS => {
                if let Some(backup) = self.backups.get_mut(index) {
                    backup.question.absent.insert(node);
                }
                self.attach_if_nobody_is(index);
            }
            _ => {}
        }
        true
    }

    /// Attaches a backup port if the port is lost for which it waits, and all nodes have answered
    /// that they have no other one.
    fn attach_if_nobody_is(&mut self, index: u16) {
        let Some(&backup) = self.backups.get(index) else { return };
        let Question { absent, begun, number, .. } = backup.question;
        let is_valid = self.machine.now().since_us(begun) <= VALID_US;
        let have_all = self.nodes_up().all(|node| node == self.node || absent.contains(node));
        if !is_valid || !have_all || !self.is_orphan(&backup) {
            return;
        }
        let ghost = self.ports.ghost_of(backup.slot);
        let party = Party { ghost, source: backup.port.bits(), sequence: number };
        match self.whereabouts(PortType::Backup, backup.channel.bits(), party) {
            Whereabouts::Here(_) => self.found_at(index, self.node),
            Whereabouts::Absent => self.take_place(index),
            Whereabouts::Moving | Whereabouts::Unknown => {}
        }
    }
}
