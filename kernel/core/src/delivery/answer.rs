//! What the sender of a message makes of an answer, from this node or another.

use abi::constants::EndReason;
use abi::error::CallError;
use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use crate::delivery::arrive::Verdict;
use crate::delivery::send::header;
use crate::exchange::{Exchange, Owner, Phase};
use crate::incarnation::{Blocked, Sending};
use crate::operation::{Action, Finish, Operation, OperationData};
use crate::platform::{Platform, Slot};
use crate::pool::Party;
use crate::sources::Fate;
use crate::state::State;

impl<P: Platform> State<P> {
    /// The message of `owner`, sent to `port`, was answered with `verdict`.
    pub(crate) fn told(&mut self, owner: Owner, verdict: Verdict, port: KernelPort) {
        let now = self.ticker.now;
        let ghost = self.ports.ghost_of(owner.slot());
        let Some(exchange) = self.exchange(owner) else { return };
        if exchange.phase == Phase::Pulling {
            return;
        }
        if exchange.to_type == PortType::Group {
            return self.told_by_group(owner, verdict, port);
        }
        match verdict {
            Verdict::Silent => {}
            Verdict::Accepted(hint) => self.accepted(owner, hint, port),
            Verdict::InProgress(hint) => {
                // From wherever it is by now.
                (exchange.to, exchange.hint) = (port, hint);
                exchange.held(now);
            }
            Verdict::Busy => exchange.turned_away(now),
            // It is about an address that was tried before.
            Verdict::NotHere if port != exchange.to => {}
            Verdict::NotHere => {
                // What a ghost has to say to somebody who is gone need not be said.
                let search = match owner {
                    Owner::Call(_) => exchange.not_here(now),
                    Owner::Ghost(_) => Err(CallError::PeerLost),
                };
                if let Err(error) = search {
                    self.fail(owner, error);
                }
            }
            Verdict::Refused(error) => self.fail(owner, error),
            Verdict::Elsewhere(port, id) => match exchange.elsewhere(now, port, id) {
                // One that was led on and on is searched at the next tick.
                Ok(()) if exchange.phase == Phase::Searching => {}
                Ok(()) => self.transmit(owner),
                Err(error) => self.fail(owner, error),
            },
            Verdict::Moved(port, id) => exchange.moved(now, port, id.bits()),
            Verdict::Repeat(entry) => self.repeat(entry, ghost),
        }
    }

    /// The port that `owner` looks for was found.
    pub(crate) fn located(&mut self, owner: Owner, port: KernelPort) {
        let now = self.ticker.now;
        let Some(exchange) = self.exchange(owner) else { return };
        // One that was turned away where the port was about to come is told when it is there.
        if !matches!(exchange.phase, Phase::Searching | Phase::Waiting) {
            return;
        }
        exchange.found(now, port);
        if let Owner::Call(slot) = owner
            && let Blocked::Send(Sending { stream, .. }) = self.caller(slot).blocked
            && let Some(stream) = self.caller(slot).references.stream_mut(stream)
        {
            stream.port = port;
            stream.hint = 0;
        }
        self.transmit(owner);
    }

    /// A node has answered a search of `owner`: the port is not there, and `gone` have gone from
    /// there. When all have, it is nowhere, or they are asked once more.
    pub(crate) fn is_absent_at(&mut self, owner: Owner, node: NodeId, search: u16, gone: u32) {
        let Some(exchange) = self.exchange(owner) else { return };
        if !exchange.is_absent_at(node, search, gone) {
            return;
        }
        let absent = exchange.absent;
        if !self.nodes_up().all(|node| absent.contains(node)) {
            return;
        }
        if self.exchange(owner).is_some_and(Exchange::is_nowhere) {
            self.fail(owner, CallError::NotAttached);
        } else {
            self.search(owner);
        }
    }

    /// The message of `owner` was accepted by `port`.
    pub(crate) fn accepted(&mut self, owner: Owner, hint: u16, port: KernelPort) {
        let Owner::Call(slot) = owner else { return };
        match self.caller(slot).blocked {
            Blocked::Send(sending) => self.complete_send(slot, &sending, hint, port),
            Blocked::Forward(forwarding) => {
                let to_id = self.caller(slot).exchange.to_id;
                self.learn_port(slot, forwarding.stream, port, hint);
                self.move_obligation(slot, forwarding.reply, port, to_id);
                self.finish(slot, Ok(0));
            }
            _ => {}
        }
    }

    fn complete_send(&mut self, slot: Slot, sending: &Sending, hint: u16, port: KernelPort) {
        let incarnation = self.caller(slot);
        let (kind, sequence) = (incarnation.exchange.kind, incarnation.exchange.sequence);
        // An invocation waits for its reply; this answer is about something else.
        if kind == Kind::Invoke {
            return;
        }
        self.learn_port(slot, sending.stream, port, hint);
        if let Some(granted) = sending.granted {
            self.await_completion(slot, sending.stream, sequence, port, granted);
        }
        self.close_carried(slot, sending.carried, port.node());
        self.finish(slot, Ok(0));
    }

    /// The port of a stream of `slot` is at `port`, and remembers it at `hint`.
    fn learn_port(&mut self, slot: Slot, stream: u16, port: KernelPort, hint: u16) {
        let incarnation = self.caller(slot);
        let to_id = incarnation.exchange.to_id;
        if let Some(stream) = incarnation.references.stream_mut(stream)
            && stream.channel.bits() == to_id
        {
            stream.port = port;
            stream.hint = hint;
        }
    }

    /// The reply behind a handle of `slot` is owed by the port `port` of channel `id` now.
    pub(crate) fn move_obligation(&mut self, slot: Slot, handle: u16, port: KernelPort, id: u64) {
        let Some(&mut reply) = self.caller(slot).references.reply_mut(handle) else { return };
        let Party { source, sequence, .. } = reply.party;
        if let (Some(known), Some(id)) =
            (self.sources.about(reply.entry, source, sequence), abi::ids::GlobalId::from_bits(id))
        {
            // Forwarded to the very port that had it, it is owed there anew.
            if port.index() as u16 != known.port || port.node() != self.node {
                known.fate = Fate::Moved { port, id };
            }
        }
        self.drop_handle(slot, handle);
    }

    /// The exchange of `owner` has failed.
    pub(crate) fn fail(&mut self, owner: Owner, error: CallError) {
        let Owner::Call(slot) = owner else {
            return self.fail_ghost(owner.slot(), error);
        };
        match self.caller(slot).blocked {
            Blocked::Send(sending) => {
                if let Some(granted) = sending.granted {
                    self.revoke(granted);
                }
                self.release_carried(slot, sending.carried);
            }
            Blocked::Operation(operation) => {
                self.drop_operation_data(&operation.data);
                self.end_fork(slot);
                if operation.finish == Finish::Status && error != CallError::Busy {
                    return self.finish_unreachable(slot, operation.room.base);
                }
                let outcome = outcome_of(&operation, error);
                match (operation.finish, outcome) {
                    (Finish::Adopt(then), _) => return self.fetch_failed(slot, then, error),
                    (Finish::Attached(port) | Finish::Backup(port), _) => {
                        self.close(slot, port.index() as u16);
                    }
                    (Finish::Watched { .. }, Err(error)) => {
                        return self.watched(slot, &operation.finish, Err(error));
                    }
                    (Finish::Forgotten, _) => return self.finish(slot, Ok(0)),
                    (Finish::Ending, _) => return self.end(slot, EndReason::RdcEnded, 0),
                    _ => {}
                }
                return self.finish(slot, outcome);
            }
            _ => {}
        }
        self.finish(slot, Err(error));
    }

    /// Gives back what a request took along.
    pub(crate) fn drop_operation_data(&mut self, data: &OperationData) {
        match *data {
            OperationData::Block(block, _) | OperationData::Described(block, ..) => {
                self.pool.free_block(block);
            }
            OperationData::Granted(granted) => self.revoke(granted),
            OperationData::None | OperationData::User(_) => {}
        }
    }

    /// Sends an answer about a message of `party`: `kind`, with `hint`, from the loader's port.
    pub(crate) fn say(&mut self, kind: Kind, party: Party, hint: u16) {
        let from = self.ports.address(0);
        self.say_from(kind, party, hint, from, party.source);
    }

    /// Sends an answer about a message of `party` that names the port `from`, of identity `id`.
    pub(crate) fn say_from(
        &mut self,
        kind: Kind,
        party: Party,
        hint: u16,
        from: KernelPort,
        id: u64,
    ) {
        if party.ghost.node() == self.node {
            return self.hear(kind, party, hint, from, id);
        }
        let answer = Party { ghost: from, ..party };
        let mut header = header(kind, party.ghost, PortType::Ghost, id, answer);
        header.hint = hint.into();
        self.post_header(party.ghost.node(), &header);
    }

    /// An answer has arrived about a message that was sent from here by `party`.
    pub(crate) fn hear(&mut self, kind: Kind, party: Party, hint: u16, from: KernelPort, id: u64) {
        let Party { ghost, source, sequence } = party;
        let Some(owner) = self.find_exchange(ghost, source, sequence) else {
            if self.hear_of_backup(kind, party, hint, from.node()) {
                return;
            }
            if kind == Kind::Here
                && let Some(slot) = self.ports.ghost(ghost)
            {
                self.has_answered(slot, id, from);
            }
            return self.hear_of_outstanding(kind, (source, sequence), (from, id));
        };
        let verdict = match kind {
            Kind::Accepted => Verdict::Accepted(hint),
            Kind::InProgress => Verdict::InProgress(hint),
            Kind::Busy => Verdict::Busy,
            Kind::NotHere if hint != 0 => {
                return self.is_absent_at(owner, from.node(), hint, id as u32);
            }
            Kind::NotHere => Verdict::NotHere,
            Kind::Refused => {
                let error = CallError::from_code(i32::from(hint as i16));
                Verdict::Refused(error.unwrap_or(CallError::NotSupported))
            }
            Kind::Elsewhere => Verdict::Elsewhere(from, id),
            Kind::Moved => match abi::ids::GlobalId::from_bits(id) {
                Some(id) => Verdict::Moved(from, id),
                None => return,
            },
            Kind::Here => return self.located(owner, from),
            _ => return,
        };
        self.told(owner, verdict, from);
    }

    /// Tells a sender on another node what became of his message to `port`.
    pub(crate) fn tell(&mut self, verdict: Verdict, party: Party, port: KernelPort) {
        match verdict {
            Verdict::Silent => {}
            Verdict::Accepted(hint) => {
                self.say_from(Kind::Accepted, party, hint, port, party.source);
            }
            Verdict::InProgress(hint) => {
                self.say_from(Kind::InProgress, party, hint, port, party.source);
            }
            Verdict::Busy => self.say(Kind::Busy, party, 0),
            Verdict::NotHere => self.say_from(Kind::NotHere, party, 0, port, party.source),
            Verdict::Refused(error) => self.say(Kind::Refused, party, error.code() as i16 as u16),
            Verdict::Elsewhere(port, id) => self.say_from(Kind::Elsewhere, party, 0, port, id),
            Verdict::Moved(port, id) => self.say_from(Kind::Moved, party, 0, port, id.bits()),
            Verdict::Repeat(entry) => self.repeat(entry, party.ghost),
        }
    }
}

/// What a call returns whose request has failed. What does not matter whether it was done or
/// not is not said to be unknown.
fn outcome_of(operation: &Operation, error: CallError) -> Result<u32, CallError> {
    let action = Action::from_number(operation.head[0]);
    match (action, error) {
        // Without its launch endpoint the RDC is about to end; it has no nodes any more.
        (Some(Action::Nodes), _) => Ok(0),
        (Some(Action::FindModule), _) => Err(CallError::NoSuchModule),
        // Of a channel it is asked whether its port is there.
        (Some(Action::Test), CallError::NotAttached) => Err(error),
        (_, CallError::NotAttached) => Err(CallError::Unreachable),
        (Some(action), CallError::OutcomeUnknown) if action.has_effect() => Err(error),
        (_, CallError::OutcomeUnknown) => Err(CallError::PeerLost),
        (_, error) => Err(error),
    }
}

/// The exchanges of the incarnation in a slot and of its ghost.
pub(crate) fn owners_of(slot: Slot) -> [Owner; 2] {
    [Owner::Call(slot), Owner::Ghost(slot)]
}
