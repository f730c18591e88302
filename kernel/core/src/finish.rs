//! What a call does with the answer to the request that it waited for.

use abi::constants::{ChannelType, EndReason};
use abi::error::CallError;
use abi::ids::{GlobalId, NodeId, RefId, UserAddr};
use abi::message::KernelPort;
use abi::structs::NodeEntry;
use zerocopy::IntoBytes;
use zerocopy::big_endian::U32;

use crate::incarnation::Awaited;
use crate::launch::NODE_WORDS;
use crate::letter::{Data, Letter};
use crate::loader::child_handle;
use crate::operation::{Answer, Finish, Operation, Request};
use crate::platform::{Bus, Memory, Platform, Slot, UserRange};
use crate::reference::Reference;
use crate::state::State;
use crate::stream::Stream;

impl<P: Platform> State<P> {
    /// The reply to a request of `slot` has arrived.
    pub(crate) fn complete_operation(
        &mut self,
        slot: Slot,
        operation: &Operation,
        letter: &Letter,
    ) {
        self.drop_operation_data(&operation.data);
        let fork = self.end_fork(slot);
        if let Finish::Adopt(_) = operation.finish {
            return self.yielded(slot, operation, letter);
        }
        if !matches!(letter.data, Data::Granted(_)) {
            self.acknowledge(letter.from);
        }
        let answer = Answer::of(&letter.head);
        let result = match (operation.finish, answer.result()) {
            (Finish::Watched { .. }, Ok(_)) => {
                return self.watched(slot, &operation.finish, Ok(&answer));
            }
            (Finish::Watched { .. }, Err(error)) => {
                return self.watched(slot, &operation.finish, Err(error));
            }
            (Finish::Forgotten, _) | (Finish::Adopt(_), Ok(_)) => Ok(0),
            (Finish::Ending, _) => {
                let status = Request::of(&operation.head).a.get();
                return self.end(slot, EndReason::RdcEnded, status);
            }
            (Finish::Status, Err(error)) if error != CallError::Busy => {
                return self.finish_unreachable(slot, operation.room.base);
            }
            (Finish::Attached(port) | Finish::Backup(port), Err(error)) => {
                self.close(slot, port.index() as u16);
                Err(error)
            }
            (_, Err(error)) => Err(error),
            (Finish::Attached(port), Ok(_)) => Ok(port.get()),
            (Finish::Backup(port), Ok(_)) => {
                self.begin_backup(slot, port.index() as u16, letter.from.ghost.node());
                Ok(port.get())
            }
            (Finish::Plain | Finish::Status, Ok(_)) if letter.total > 0 => {
                return self.complete_data(slot, operation.room, letter, Awaited::Answer);
            }
            (Finish::Plain | Finish::Status, Ok(value)) => Ok(value),
            (Finish::Create { handle, stream, id, channel }, Ok(_)) => {
                self.finish_create(slot, (handle, stream), (id, channel), &answer)
            }
            (Finish::Fork { handle, streams }, Ok(_)) => {
                let fork = fork.ok_or(CallError::BadArgument);
                fork.and_then(|fork| self.finish_fork(slot, &fork, (handle, streams), &answer))
            }
            (Finish::Stream, Ok(_)) => self.finish_stream(slot, &answer),
            (Finish::Nodes, Ok(_)) => self.finish_nodes(slot, operation.room, &answer),
        };
        self.finish(slot, result);
    }

    /// Enters the references to a new incarnation and its standard port.
    fn finish_create(
        &mut self,
        slot: Slot,
        places: (UserAddr, UserAddr),
        ids: (u64, u64),
        answer: &Answer,
    ) -> Result<u32, CallError> {
        let ids = (GlobalId::from_bits(ids.0), GlobalId::from_bits(ids.1));
        let (Some(id), Some(channel)) = ids else { return Err(CallError::BadArgument) };
        let handle = child_handle(id, answer);
        let port = KernelPort(answer.values[1].get());
        let stream = Stream::new(self.new_id(), channel, ChannelType::Unicast, port);
        let references = &mut self.caller(slot).references;
        let handle = references.insert(Reference::Incarnation(handle))?;
        let stream = references.insert(Reference::Stream(stream))?;
        self.memory
            .copy_out(slot, places.0, &handle.get().to_be_bytes())
            .and_then(|()| self.memory.copy_out(slot, places.1, &stream.get().to_be_bytes()))
            .map_err(|_| CallError::BadAddress)?;
        Ok(0)
    }

    /// Enters a stream to the channel in an answer.
    fn finish_stream(&mut self, slot: Slot, answer: &Answer) -> Result<u32, CallError> {
        let [high, low, port, ..] = answer.values.map(U32::get);
        let channel = GlobalId::from_bits(u64::from(high) << 32 | u64::from(low));
        let channel = channel.ok_or(CallError::NotAttached)?;
        let stream = Stream::new(self.new_id(), channel, ChannelType::Unicast, KernelPort(port));
        self.caller(slot).references.insert(Reference::Stream(stream)).map(RefId::get)
    }

    /// Writes the nodes of the RDC, with their loads, as far as there is room.
    fn finish_nodes(
        &mut self,
        slot: Slot,
        room: UserRange,
        answer: &Answer,
    ) -> Result<u32, CallError> {
        let size = size_of::<NodeEntry>() as u32;
        let mut count = 0;
        for number in 0..self.bus.nodes() {
            let node = NodeId(number);
            let word = answer.values[node.index() / 32 % NODE_WORDS].get();
            if word & 1 << (node.index() % 32) == 0 || (count + 1) * size > room.length {
                continue;
            }
            let load = self.bus.status(node).map_or(0, |status| status.load);
            let entry = NodeEntry { ne_node: u32::from(number).into(), ne_load: load.into() };
            let address = UserAddr(room.base.0 + count * size);
            self.memory
                .copy_out(slot, address, entry.as_bytes())
                .map_err(|_| CallError::BadAddress)?;
            count += 1;
        }
        Ok(count)
    }
}
