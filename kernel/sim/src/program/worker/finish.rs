//! What a worker makes of the results of its calls.

use abi::calls::Call;
use abi::constants::{IncarnationState, RefType};
use abi::error::CallError;
use abi::structs::{IncState, Keep};
use zerocopy::byteorder::big_endian::U32;

use super::{Activity, OwnPort, Worker};
use crate::memory::DATA_BASE;
use crate::oracle::{Channel, IncUid, StreamUid, Violation};
use crate::program::desk::{Desk, EVENTS, INCOMING, LIBRARY, RESULTS};
use crate::program::enclosure::{Buffer, Content, Enclosure, Peer};
use crate::program::post::{self, Contact, Debt, Pending};
use crate::program::{Phase, World, outcome};

/// What a call has returned.
type Answer = Result<u32, CallError>;

impl Worker {
    pub(super) fn finish(
        &mut self,
        result: i32,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        match self.doing {
            Activity::Starting => {
                post::fill_library(self.uid, desk);
                Ok(())
            }
            Activity::Receiving { port, selector } => {
                let answer = outcome(self.uid, Call::Receive, result)?;
                self.received(port, selector, answer, desk, world)
            }
            Activity::Sending(pending) => {
                let answer = outcome(self.uid, pending.call, result)?;
                self.sent(pending, answer, desk, world)
            }
            Activity::Replying(debt) => {
                let answer = outcome(self.uid, Call::Reply, result)?;
                self.replied(debt, answer, world)
            }
            Activity::Forwarding(debt, pending) => {
                let answer = outcome(self.uid, Call::Forward, result)?;
                self.forwarded(debt, pending, answer, world)
            }
            Activity::Reading { buffer, offset, length } => {
                let answer = outcome(self.uid, Call::CopyFrom, result)?;
                self.copied_from(buffer, (offset, length), answer, desk, world)
            }
            Activity::Writing(buffer) => {
                let answer = outcome(self.uid, Call::CopyTo, result)?;
                self.copied_to(buffer, answer, world)
            }
            Activity::MakingPort => {
                let answer = outcome(self.uid, Call::ChanCreate, result)?;
                self.made_port(answer, desk, world)
            }
            Activity::Asking(peer) => {
                let answer = outcome(self.uid, Call::Status, result)?;
                self.asked(peer, answer, desk, world)
            }
            Activity::LookingFor(offer) => {
                self.looked_for(offer, result, world);
                Ok(())
            }
            Activity::Rebinding(stream) => self.rebound(stream, result, world),
            Activity::Attaching(from, to) => self.attached((from, to), result),
            Activity::Binding(peer, on) => self.bound(peer, on, result, world),
            Activity::Looking(look) => self.looked(look, result, desk, world),
            Activity::MakingHandle(contact) => self.made_handle(contact, result),
            Activity::SettingHandler(setting) => self.has_set_handler(setting, result, world),
            Activity::LookingForMessage => self.looked_for_message(result),
            Activity::SettingPriority(priority) => self.has_set_priority(priority, result),
            _ => self.finish_trifle(result),
        }
    }

    /// Judges the result of a call that changes nothing else.
    fn finish_trifle(&mut self, result: i32) -> Result<(), Violation> {
        let who = self.uid;
        match self.doing {
            Activity::Testing { reference, expected, mask } if result as u32 & mask != expected => {
                Err(Violation::ReferenceLost { incarnation: who, reference })
            }
            Activity::Forging { call, reference } => {
                let refused = result == CallError::NoSuchReference.code();
                let answered_none = call == Call::TestReference && result == RefType::None as i32;
                if refused || answered_none {
                    return Ok(());
                }
                Err(Violation::Forged { incarnation: who, reference, answer: result })
            }
            Activity::Erring { call, expected } if result != expected.code() => {
                Err(Violation::WrongResult { incarnation: who, call: call.name(), result })
            }
            // The call that failed may have used the handle up.
            Activity::Abandoning if result == CallError::NoSuchReference.code() => Ok(()),
            Activity::Harmless(Call::Sleep) if result == CallError::Interrupted.code() => Ok(()),
            Activity::Closing | Activity::Abandoning => self.must_succeed(Call::Close, result),
            Activity::Harmless(call) => self.must_succeed(call, result),
            Activity::Exiting => {
                let call = Call::Exit.name();
                Err(Violation::WrongResult { incarnation: who, call, result })
            }
            _ => Ok(()),
        }
    }

    fn must_succeed(&self, call: Call, result: i32) -> Result<(), Violation> {
        let answer = outcome(self.uid, call, result)?;
        answer.map(|_| ()).map_err(|error| post::unexpected(self.uid, call, error))
    }

    fn received(
        &mut self,
        port: OwnPort,
        selector: Option<StreamUid>,
        answer: Answer,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        // A handler looks at its own port alone.
        let vain = world.phase != Phase::Busy && answer == Ok(0) && self.book.depth() == 0;
        self.vain_waits = if vain { self.vain_waits + 1 } else { 0 };
        let handle = match answer {
            // Nothing came, or its sender is gone with data still to be fetched.
            Ok(0) | Err(CallError::PeerLost | CallError::Interrupted) => return Ok(()),
            // There was no room for a port that has come, or for its messages.
            Err(CallError::Busy | CallError::NoMemory) => {
                self.vain_waits += 1;
                self.pressed += 1;
                self.is_pressed = true;
                return Ok(());
            }
            Ok(handle) => handle,
            Err(error) => return Err(post::unexpected(self.uid, Call::Receive, error)),
        };
        let received = post::received(self.uid, port.channels(), desk, world)?;
        let stream = StreamUid(received.head.stream.get());
        if let Some(meant) = selector
            && meant != stream
        {
            return Err(Violation::NotSelected { incarnation: self.uid, meant, stream });
        }
        self.accept(received.enclosed);
        if handle > 1 {
            let capacity = received.capacity;
            self.debts.push(Debt { handle, asked: received.head, capacity });
        }
        Ok(())
    }

    fn sent(
        &mut self,
        pending: Pending,
        answer: Answer,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        post::sent(self.uid, pending, answer, world)?;
        self.gave_port(pending, answer, world);
        if let (Call::Invoke, Ok(length)) = (pending.call, answer) {
            let gift = post::check_reply(self.uid, pending, length, desk, world)?;
            self.accept(gift);
        }
        self.forget_if_lost(pending.contact, answer);
        if let Some(Enclosure::Stream { reference, keep: Keep::Destroy, .. }) = pending.enclosed {
            self.give_away(reference, answer);
        }
        Ok(())
    }

    /// A stream was to go with a message and not to stay.
    fn give_away(&mut self, reference: u32, answer: Answer) {
        match answer {
            Ok(_) => self.given_away = Some(reference),
            Err(CallError::OutcomeUnknown) => self.to_abandon = Some(reference),
            Err(_) => return,
        }
        self.contacts.retain(|held| held.reference != reference);
    }

    fn replied(
        &mut self,
        debt: Debt,
        answer: Answer,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        let invoker = IncUid(debt.asked.sender.get());
        let invocation = debt.asked.invocation.get();
        match answer {
            Ok(_) => world.oracle.register.replied(invoker, invocation)?,
            Err(CallError::Busy) => return Ok(()),
            // One whose invocation was forwarded has given up, since that node is lost.
            Err(CallError::NoReplyExpected)
                if !world.oracle.register.is_in(invoker, invocation) =>
            {
                self.to_abandon = Some(debt.handle);
            }
            Err(error) if !world.oracle.may_have_lost(invoker, world.now_us) => {
                return Err(post::unexpected(self.uid, Call::Reply, error));
            }
            Err(_) => self.to_abandon = Some(debt.handle),
        }
        self.settle(debt);
        Ok(())
    }

    fn forwarded(
        &mut self,
        debt: Debt,
        pending: Pending,
        answer: Answer,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        if answer == Err(CallError::NoReplyExpected) {
            self.to_abandon = Some(debt.handle);
            self.settle(debt);
            return Ok(());
        }
        post::sent(self.uid, pending, answer, world)?;
        // Whoever does not know whether another will reply does it himself.
        if answer.is_ok() {
            self.settle(debt);
        }
        self.forget_if_lost(pending.contact, answer);
        Ok(())
    }

    /// Strikes a debt off.
    fn settle(&mut self, debt: Debt) {
        self.debts.retain(|owed| owed.handle != debt.handle);
    }

    /// Gives a contact up whose receiver is gone.
    fn forget_if_lost(&mut self, contact: Contact, answer: Answer) {
        let lost = [
            CallError::PeerLost,
            CallError::OutcomeUnknown,
            CallError::NotAttached,
            CallError::Closed,
        ];
        if answer.is_err_and(|error| lost.contains(&error)) {
            self.contacts.retain(|held| held.reference != contact.reference);
            self.to_close.push(contact.reference);
        }
    }

    fn copied_from(
        &mut self,
        buffer: Buffer,
        (offset, length): (u32, u32),
        answer: Answer,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        if answer.is_err() {
            return self.lost_buffer(buffer, Call::CopyFrom, answer, world);
        }
        let right = match buffer.content {
            Content::Library => {
                let base = buffer.offset - (LIBRARY.address() - DATA_BASE);
                desk.holds(INCOMING, length, post::library_key(buffer.owner), base + offset)
            }
            Content::Written => desk.holds(INCOMING, length, slate_key(self.uid, buffer), offset),
            Content::Unwritten => true,
        };
        let what = "the bytes of a buffer";
        if right { Ok(()) } else { Err(Violation::Corrupted { incarnation: self.uid, what }) }
    }

    fn copied_to(
        &mut self,
        buffer: Buffer,
        answer: Answer,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        let allowed = buffer.content != Content::Library;
        match answer {
            Ok(_) if allowed => {
                let mut held = self.buffers.iter_mut();
                if let Some(held) = held.find(|held| held.handle == buffer.handle) {
                    held.content = Content::Written;
                }
                Ok(())
            }
            Err(CallError::NoRight) if !allowed => Ok(()),
            Ok(_) => {
                let what = "the right to write a buffer that it may only read";
                Err(Violation::Corrupted { incarnation: self.uid, what })
            }
            Err(_) => self.lost_buffer(buffer, Call::CopyTo, answer, world),
        }
    }

    /// Gives a buffer up whose owner is gone.
    fn lost_buffer(
        &mut self,
        buffer: Buffer,
        call: Call,
        answer: Answer,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        match answer {
            Ok(_) | Err(CallError::Busy) => Ok(()),
            Err(error) if !world.oracle.may_have_lost(buffer.owner, world.now_us) => {
                Err(post::unexpected(self.uid, call, error))
            }
            Err(_) => {
                self.buffers.retain(|held| held.handle != buffer.handle);
                self.to_close.push(buffer.handle);
                Ok(())
            }
        }
    }

    fn asked(
        &mut self,
        peer: Peer,
        answer: Answer,
        desk: &mut Desk<'_>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let state: IncState = desk.read(EVENTS);
        let unreachable = state.is_state.get() == IncarnationState::Unreachable as u32;
        let gone = world.oracle.may_have_lost(peer.uid, world.now_us);
        match answer {
            Ok(_) if unreachable && !gone => {
                Err(post::unexpected(self.uid, Call::Status, CallError::Unreachable))
            }
            Err(error) if error != CallError::Busy && !gone => {
                Err(post::unexpected(self.uid, Call::Status, error))
            }
            _ => Ok(()),
        }
    }

    fn made_port(
        &mut self,
        answer: Answer,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        match answer {
            Ok(_) => {
                let [stream, reference, _] = desk.read::<[U32; 3]>(RESULTS).map(U32::get);
                let tier = world.oracle.channel(self.ports[0].channel()).tier;
                let channel = world.oracle.open_channel(Channel::new(self.uid, tier));
                self.ports.push(OwnPort::new(reference, channel, Some(stream)));
                Ok(())
            }
            Err(CallError::TableFull | CallError::NoMemory) => Ok(()),
            Err(error) => Err(post::unexpected(self.uid, Call::ChanCreate, error)),
        }
    }

    fn made_handle(&mut self, contact: Contact, result: i32) -> Result<(), Violation> {
        let answer = outcome(self.uid, Call::HanCreate, result)?;
        let unexpected = |error| post::unexpected(self.uid, Call::HanCreate, error);
        let handle = answer.map_err(unexpected)?;
        self.own_handle = Some((handle, contact));
        Ok(())
    }
}

/// The key of the bytes that `writer` puts into a buffer that he alone may write.
pub(super) fn slate_key(writer: IncUid, buffer: Buffer) -> u64 {
    crate::random::mix(
        u64::from(writer.0),
        u64::from(buffer.owner.0) << 32 | u64::from(buffer.offset),
    )
}
