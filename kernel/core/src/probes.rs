//! Whether children answer (§7.2.3): who wants to know when one becomes unreachable has his own
//! kernel ask for its ghost once a second, by a packet that is a header only. After
//! [`PROBES`] questions without an answer the event occurs; it occurs again only after the
//! child has answered. Whether there is an answer is a matter of kernels, which answer whatever
//! their incarnations do.

use abi::constants::EventType;
use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use crate::delivery::send::header;
use crate::platform::{Bus, Instant, Machine, PeerState, Platform, Slot};
use crate::pool::Party;
use crate::reference::{IncHandle, LOST};
use crate::state::State;

/// Microseconds between two questions: 1 s.
const PROBE_US: u64 = 1_000_000;

/// Questions after which a child that has not answered is unreachable: 5 s.
const PROBES: u8 = 5;

/// Questions after which all nodes are asked: the child may be elsewhere now.
const PATIENT: u8 = 1;

const UNREACHABLE: u32 = 1 << EventType::Unreachable as u32;

/// What is known of the answers of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// So many questions have had none since the last answer.
    Missing(u8),
    /// None comes, and the event has occurred.
    None,
}

impl IncHandle {
    /// Whether its holder wants to know when the incarnation does not answer any more, and that
    /// may still change.
    fn is_probed(&self) -> bool {
        self.interest & UNREACHABLE != 0 && self.pending.get(EventType::Dead).is_none()
    }

    /// The incarnation does not answer any more: whether that is news to somebody.
    pub fn becomes_unreachable(&mut self) -> bool {
        let is_news = self.interest & UNREACHABLE != 0 && self.answers != Answers::None;
        self.answers = Answers::None;
        is_news
    }
}

impl<P: Platform> State<P> {
    /// `slot` wants to know from now on when the incarnation behind the handle at `index` does
    /// not answer.
    pub(crate) fn watch_answers(&mut self, slot: Slot, index: u16) {
        let due = self.machine.now().after_us(PROBE_US);
        let incarnation = self.caller(slot);
        let Some(handle) = incarnation.references.incarnation_mut(index) else { return };
        handle.interest |= UNREACHABLE;
        handle.answers = Answers::Missing(0);
        if let Some(end) = handle.pending.get(EventType::Dead) {
            return incarnation.does_not_answer(index, end);
        }
        let handle = *handle;
        incarnation.probes = true;
        // Whoever was asked once is known when its node is lost.
        self.ask_after(slot, index, &handle);
        if self.probe.is_none() {
            self.probe = Some(due);
            self.add_deadline(due);
        }
    }

    /// Asks for all whose answers somebody wants to know of, if it is time; when it is again.
    pub(crate) fn probe_all(&mut self, now: Instant) {
        if self.probe.is_none_or(|due| due > now) {
            return;
        }
        let mut goes_on = false;
        for slot in self.slots() {
            goes_on |= self.probe_for(slot);
        }
        self.probe = goes_on.then(|| now.after_us(PROBE_US));
    }

    /// Asks for all whose answers `slot` wants to know of; whether there are any.
    fn probe_for(&mut self, slot: Slot) -> bool {
        let Some(incarnation) = self.incarnation_mut(slot).filter(|known| known.probes) else {
            return false;
        };
        incarnation.probes = false;
        for index in 0..incarnation.references.slots() {
            let references = &mut self.caller(slot).references;
            let handle = references.incarnation_mut(index).copied();
            if let Some(handle) = handle.filter(IncHandle::is_probed) {
                self.caller(slot).probes = true;
                self.ask_after(slot, index, &handle);
            }
        }
        self.stir(slot);
        self.incarnation(slot).is_some_and(|incarnation| incarnation.probes)
    }

    /// Asks for the incarnation behind a handle, unless it is here.
    fn ask_after(&mut self, slot: Slot, index: u16, handle: &IncHandle) {
        if let Some(ghost) = self.ports.find(handle.id.bits(), PortType::Ghost) {
            return self.has_answered(slot, handle.id.bits(), ghost);
        }
        let home = handle.ghost.node();
        let asked = match handle.answers {
            Answers::Missing(PROBES..) => {
                self.caller(slot).does_not_answer(index, LOST);
                None
            }
            Answers::Missing(missing) => {
                if let Some(handle) = self.caller(slot).references.incarnation_mut(index) {
                    handle.answers = Answers::Missing(missing + 1);
                }
                (missing < PATIENT).then_some(home)
            }
            Answers::None => None,
        };
        let ghost = self.ports.ghost_of(slot);
        let party = Party { ghost, source: handle.id.bits(), sequence: 0 };
        let question =
            header(Kind::Locate, KernelPort::NONE, PortType::Ghost, handle.id.bits(), party);
        for node in (0..self.bus.nodes()).map(NodeId) {
            let is_up = matches!(self.bus.peer(node), PeerState::Up(_));
            if node != self.node && is_up && asked.is_none_or(|asked| asked == node) {
                self.meet_peer(node);
                self.post_header(node, &question);
            }
        }
    }

    /// The ghost of incarnation `id`, its bits, has answered a question on behalf of `slot`. It
    /// is at `ghost`.
    pub(crate) fn has_answered(&mut self, slot: Slot, id: u64, ghost: KernelPort) {
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        for index in 0..incarnation.references.slots() {
            let handle = incarnation.references.incarnation_mut(index);
            if let Some(handle) =
                handle.filter(|handle| handle.id.bits() == id && handle.is_probed())
            {
                handle.ghost = ghost;
                handle.answers = Answers::Missing(0);
                handle.pending.clear(EventType::Unreachable);
            }
        }
    }
}
