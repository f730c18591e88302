//! Message passing (B.4.1).

use abi::calls::args::{Ptr, Ref, Timeout};
use abi::calls::dispatch::Answer;
use abi::constants::ChannelType;
use abi::error::CallError;
use abi::ids::UserAddr;
use abi::message::{INLINE_DATA, KernelPort, Kind, PortType};
use abi::structs::Msg;

use super::{Caller, done, waits};
use crate::delivery::arrive::Verdict;
use crate::delivery::references::Receivers;
use crate::delivery::reply::Contents;
use crate::exchange::{Exchange, Owner, RETRY};
use crate::incarnation::{Blocked, Forwarding, Frozen, Invoker, Receive, Replying, Sending};
use crate::letter::Data;
use crate::platform::{Access, Machine, Platform, Slot, UserRange};
use crate::quota::Holder;
use crate::reference::ReplyHandle;
use crate::state::State;

impl<P: Platform> Caller<'_, P> {
    pub(super) fn invoke(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<u32> {
        let (mut sending, message) = self.prepare(stream, msg, Kind::Invoke)?;
        if self.has_stalled(sending.stream) {
            return waits();
        }
        let reply = UserRange { base: sending.message, length: size_of::<Msg>() as u32 };
        let base = UserAddr(message.m_base.get());
        let room = UserRange { base, length: message.m_nreply.get() };
        self.state.check(self.slot, reply, Access::Write)?;
        self.state.check(self.slot, room, Access::Write)?;
        sending.room = room;
        sending.granted = self.grant_bulk(&message)?;
        self.state.dispatch_message(self.slot, sending, Kind::Invoke);
        waits()
    }

    pub(super) fn asinvoke(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<()> {
        let (sending, message) = self.prepare(stream, msg, Kind::AsInvoke)?;
        let is_bulk = message.m_cnt.get() as usize > INLINE_DATA;
        let known = self.state.caller(self.slot).references.stream_mut(sending.stream);
        if known.is_some_and(|known| known.is_at_limit()) {
            self.stall(sending.stream);
            return waits();
        }
        if self.has_stalled(sending.stream) {
            return waits();
        }
        if is_bulk && !self.state.has_room_outstanding() {
            return Err(CallError::Busy);
        }
        let granted = self.grant_bulk(&message)?;
        let sending = Sending { granted, ..sending };
        self.state.dispatch_message(self.slot, sending, Kind::AsInvoke);
        waits()
    }

    pub(super) fn send(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<()> {
        let (sending, message) = self.prepare(stream, msg, Kind::Send)?;
        if message.m_cnt.get() as usize > INLINE_DATA {
            return Err(CallError::TooLong);
        }
        if self.has_stalled(sending.stream) {
            return waits();
        }
        self.state.dispatch_message(self.slot, sending, Kind::Send);
        waits()
    }

    pub(super) fn dgram(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<()> {
        let (sending, message) = self.prepare(stream, msg, Kind::Dgram)?;
        if message.m_cnt.get() as usize > INLINE_DATA {
            return Err(CallError::TooLong);
        }
        if self.has_stalled(sending.stream) {
            return waits();
        }
        self.state.send_dgram(self.slot, &sending, &message)?;
        self.state.close_carried(self.slot, sending.carried, self.state.node);
        done(())
    }

    pub(super) fn receive(
        &mut self,
        port: Ref,
        msg: Ptr<Msg>,
        block_invoker: i32,
        selector: Ref,
        timeout: Timeout,
    ) -> Answer<u32> {
        let slot = self.slot;
        let references = &self.state.caller(slot).references;
        let (port, _) = references.port(port.0)?;
        let selector = match selector.0 {
            0 => 0,
            raw => references.stream_handle(raw)?.1.stream.bits(),
        };
        let address = UserAddr(msg.addr);
        let message = self.state.read_message(slot, address)?;
        let room = UserRange { base: UserAddr(message.m_base.get()), length: message.m_cnt.get() };
        let all = UserRange { base: address, length: size_of::<Msg>() as u32 };
        self.state.check(slot, all, Access::Write)?;
        self.state.check(slot, room, Access::Write)?;
        let invoker = if block_invoker == 0 { Invoker::Released } else { Invoker::Waits };
        let receive = Receive { port, message: address, room, invoker, selector };
        match self.state.take(slot, &receive) {
            Some(Ok(Some(result))) => return done(result),
            Some(Err(error)) => return Err(error),
            Some(Ok(None)) => {}
            None if timeout == Timeout::Poll => return done(0),
            None => self.state.block(slot, Blocked::Receive(receive)),
        }
        // What had to be fetched from this node is here already.
        if !matches!(self.state.caller(slot).blocked, Blocked::No) {
            self.state.set_timeout(slot, timeout);
        }
        waits()
    }

    pub(super) fn reply(&mut self, reply_handle: Ref, msg: Ptr<Msg>) -> Answer<()> {
        let slot = self.slot;
        let (index, &handle) = self.state.caller(slot).references.reply(reply_handle.0)?;
        let message = self.state.read_message(slot, UserAddr(msg.addr))?;
        let data = UserRange { base: UserAddr(message.m_base.get()), length: message.m_cnt.get() };
        self.state.check(slot, data, Access::Read)?;
        let copy = self.state.copy_reference(slot, &message.m_ref, Receivers::One)?;
        if !self.state.is_owed(&handle) {
            return Err(CallError::NoReplyExpected);
        }
        let total = data.length.min(handle.capacity);
        let granted = if self.can_copy_reply(&handle, total) {
            None
        } else {
            Some(self.state.grant(slot, UserRange { length: total, ..data })?)
        };
        let contents = Contents {
            total,
            data: match granted {
                Some(granted) => Data::Granted(granted),
                None if total == 0 => Data::None,
                None => Data::User(slot, data.base),
            },
            reference: copy.map(|copy| copy.0),
            ..Contents::of(message.m_head)
        };
        if let Err(error) = self.state.reply_by_handle(slot, index, &contents) {
            if let Some(granted) = granted {
                self.state.revoke(granted);
            }
            return Err(error);
        }
        let carried = copy.map(|copy| copy.1);
        self.state.hold_carried(slot, carried);
        self.state.close_carried(slot, carried, handle.party.ghost.node());
        if granted.is_some() && self.state.kept_grant(handle.entry) == granted {
            let ReplyHandle { party, entry, .. } = handle;
            let due = self.state.ticker.now.after(RETRY);
            let replying = Replying { party, entry, due };
            self.state.block(slot, Blocked::Reply(replying));
            self.state.need_ticks();
            return waits();
        }
        done(())
    }

    pub(super) fn forward(&mut self, stream: Ref, reply_handle: Ref, msg: Ptr<Msg>) -> Answer<()> {
        let slot = self.slot;
        let references = &self.state.caller(slot).references;
        let (stream, known) = references.stream(stream.0)?;
        let is_unicast = known.channel_type == ChannelType::Unicast;
        let (reply, &handle) = references.reply(reply_handle.0)?;
        if !is_unicast {
            return Err(CallError::MulticastNotAllowed);
        }
        self.state.read_message(slot, UserAddr(msg.addr))?;
        if !self.state.is_owed(&handle) {
            return Err(CallError::NoReplyExpected);
        }
        if self.has_stalled(stream) {
            return waits();
        }
        let message = UserAddr(msg.addr);
        let forwarding = Forwarding { stream, reply, message };
        self.state.block(slot, Blocked::Forward(forwarding));
        let exchange = self.state.next_on_stream(slot, stream, Kind::Invoke);
        self.state.begin(Owner::Call(slot), exchange);
        self.state.transmit(Owner::Call(slot));
        waits()
    }

    /// Whether data of a reply can be copied, and kept until the invoker has it. If not, the
    /// replier waits until it was fetched: a pool that somebody else has filled stops nobody.
    fn can_copy_reply(&mut self, handle: &ReplyHandle, total: u32) -> bool {
        let is_kept = total > 0 && handle.party.ghost.node() != self.state.node;
        total as usize <= INLINE_DATA && (!is_kept || self.state.has_room(Holder::Other, true))
    }

    /// A grant on the data of `message`, if it does not fit into a packet.
    fn grant_bulk(&mut self, message: &Msg) -> Result<Option<crate::pool::Granted>, CallError> {
        let length = message.m_cnt.get();
        if length as usize <= INLINE_DATA {
            return Ok(None);
        }
        let range = UserRange { base: UserAddr(message.m_base.get()), length };
        self.state.grant(self.slot, range).map(Some)
    }

    /// Validates a message that the caller wants to send.
    fn prepare(
        &mut self,
        stream: Ref,
        msg: Ptr<Msg>,
        kind: Kind,
    ) -> Result<(Sending, Msg), CallError> {
        let slot = self.slot;
        let (stream, known) = self.state.caller(slot).references.stream(stream.0)?;
        let is_group = known.channel_type == ChannelType::Multicast;
        if is_group && !matches!(kind, Kind::Send | Kind::Dgram) {
            return Err(CallError::MulticastNotAllowed);
        }
        let address = UserAddr(msg.addr);
        let message = self.state.read_message(slot, address)?;
        let data = UserRange { base: UserAddr(message.m_base.get()), length: message.m_cnt.get() };
        self.state.check(slot, data, Access::Read)?;
        let is_for_many = is_group || kind == Kind::Dgram;
        let receivers = if is_for_many { Receivers::Any } else { Receivers::One };
        let copy = self.state.copy_reference(slot, &message.m_ref, receivers)?;
        let carried = copy.map(|copy| copy.1);
        let room = UserRange { base: UserAddr(0), length: 0 };
        Ok((Sending { stream, message: address, room, carried, granted: None }, message))
    }

    /// Whether a stream is frozen: then the caller waits.
    fn has_stalled(&mut self, stream: u16) -> bool {
        let known = self.state.caller(self.slot).references.stream_mut(stream);
        let is_frozen = known.is_some_and(|known| known.frozen == Frozen::Yes);
        if is_frozen {
            self.stall(stream);
        }
        is_frozen
    }

    /// The caller waits until its stream may send.
    fn stall(&mut self, stream: u16) {
        self.state.block(self.slot, Blocked::Stalled { stream, call: self.made });
    }
}

impl<P: Platform> State<P> {
    /// The next message of a stream of `slot`, as an exchange that has not begun.
    pub(crate) fn next_on_stream(&mut self, slot: Slot, stream: u16, kind: Kind) -> Exchange {
        let Some(known) = self.caller(slot).references.stream_mut(stream) else {
            return Exchange::IDLE;
        };
        let to_id = known.channel.bits();
        let to_type = match known.channel_type {
            ChannelType::Unicast => PortType::Channel,
            ChannelType::Multicast => PortType::Group,
        };
        let mut exchange = Exchange::request(to_type, known.port, to_id)
            .from(known.id.bits(), known.next_sequence());
        exchange.kind = kind;
        exchange.hint = known.hint;
        exchange
    }

    /// `slot` waits for the answer to a message, which is sent.
    fn dispatch_message(&mut self, slot: Slot, sending: Sending, kind: Kind) {
        self.hold_carried(slot, sending.carried);
        self.block(slot, Blocked::Send(sending));
        let exchange = self.next_on_stream(slot, sending.stream, kind);
        self.begin(Owner::Call(slot), exchange);
        self.transmit(Owner::Call(slot));
    }

    /// Sends a datagram, if somebody is known to be there to take it.
    fn send_dgram(
        &mut self,
        slot: Slot,
        sending: &Sending,
        message: &Msg,
    ) -> Result<(), CallError> {
        let exchange = self.next_on_stream(slot, sending.stream, Kind::Dgram);
        let envelope = self.envelope(slot, &exchange);
        let letter = self.compose_message(slot, envelope, sending, message)?;
        if letter.to_type == PortType::Group {
            self.post_to_group(letter);
        } else if letter.to == KernelPort::NONE {
            self.find_for(slot, sending.stream);
        } else if letter.to.node() != self.node {
            // A full ring or a lost node: a datagram may be lost.
            let _ = self.post(&letter);
        } else if self.arrive(&letter) == Verdict::NotHere {
            self.find_for(slot, sending.stream);
        }
        Ok(())
    }

    /// Looks on this node for the port of a stream of `slot`; other nodes are asked by the
    /// next reliable message.
    fn find_for(&mut self, slot: Slot, stream: u16) {
        let Some(&mut known) = self.caller(slot).references.stream_mut(stream) else { return };
        let port = self.ports.find(known.channel.bits(), PortType::Channel);
        if let (Some(port), Some(known)) = (port, self.caller(slot).references.stream_mut(stream)) {
            known.port = port;
        }
    }

    /// The call of `slot` waits no longer than `timeout` says.
    pub(crate) fn set_timeout(&mut self, slot: Slot, timeout: Timeout) {
        match timeout {
            Timeout::Forever => {}
            Timeout::Poll => self.caller(slot).deadline = Some(crate::platform::Instant(0)),
            Timeout::WithinMs(ms) => {
                let deadline = self.machine.now().after_us(u64::from(ms) * 1000);
                self.set_deadline(slot, deadline);
            }
        }
    }
}
