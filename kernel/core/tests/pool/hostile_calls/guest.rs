//! What a hostile guest knows, and how it makes up its calls: most are nearly right.

use std::collections::BTreeMap;

use abi::calls::{ARGUMENTS_MAX, ArgumentInfo, CALLS, Call};
use abi::constants::RefType;
use abi::ids::UserAddr;
use abi::interrupt::InterruptFrame;
use abi::structs::{EvDesc, IncCreateParams, Msg, ObjectId, RefDescrip};
use kernel::platform::{Machine, Memory, Slot};
use zerocopy::{FromZeros, IntoBytes};

use crate::support::Pool;
use crate::support::dice::Dice;
use crate::support::memory::BASE;

/// Where a guest keeps a message.
const MESSAGE: u32 = BASE + 0x8000;
/// Where it keeps a list, parameters of a child, a name, and results.
const LIST: u32 = MESSAGE + 0x100;
const PARAMETERS: u32 = MESSAGE + 0x200;
const NAME: u32 = MESSAGE + 0x300;
const RESULTS: u32 = MESSAGE + 0x400;
/// Where it keeps data.
const DATA: u32 = MESSAGE + 0x1000;
/// Where the identifier of a received reference stands in a message.
const RECEIVED_ID: u32 = MESSAGE + 34;
/// References that a guest remembers.
const KNOWN: usize = 24;

/// What the guests know: by their places, the references that they have met, with their types.
#[derive(Default)]
pub struct Notebook {
    known: BTreeMap<Slot, Vec<(RefType, u32)>>,
}

impl Notebook {
    /// A random call of the guest in `slot`, which runs.
    pub fn call(&mut self, pool: &mut Pool, dice: &mut Dice, slot: Slot) {
        self.learn(pool, dice, slot);
        let info = &CALLS[dice.below(CALLS.len() as u32) as usize];
        let patience = match info.call {
            Call::Exit | Call::RdcExit => 100,
            Call::Destroy | Call::Freeze => 20,
            Call::Close => 3,
            _ => 1,
        };
        if !dice.one_in(patience) {
            return;
        }
        if dice.one_in(2) {
            self.draft(pool, dice, slot);
        }
        let mut args = [0; ARGUMENTS_MAX];
        for (at, arg) in args.iter_mut().enumerate() {
            *arg = match info.arguments.get(at) {
                Some(argument) if !dice.one_in(8) => self.plausible(dice, slot, argument),
                _ => self.number(dice, slot),
            };
        }
        let number = if dice.one_in(64) { self.number(dice, slot) } else { info.call as u32 };
        pool.node(1).call(slot, number, args);
    }

    /// Looks at what the last call of the guest has brought.
    fn learn(&mut self, pool: &mut Pool, dice: &mut Dice, slot: Slot) {
        let node = pool.node(1);
        let result = node.machine().results.remove(&slot);
        let mut met = vec![result.unwrap_or_default() as u32];
        if !self.known.contains_key(&slot) {
            // It has begun: a handle to itself, its ports, a stream to its launch endpoint.
            met.extend(0x10000..=0x10005);
        }
        for at in [RESULTS, RESULTS + 4, RECEIVED_ID] {
            let mut word = [0; 4];
            let read = node.memory().copy_in(slot, UserAddr(at), &mut word);
            met.extend(read.map(|()| u32::from_be_bytes(word)));
        }
        let known = self.known.entry(slot).or_default();
        for id in met {
            if id < 0x10000 || known.iter().any(|entry| entry.1 == id) {
                continue;
            }
            node.call(slot, Call::TestReference as u32, [id, 0, 0, 0, 0]);
            let found = node.machine().results.remove(&slot).expect("it returns at once");
            let Some(ref_type) = RefType::from_value(found & 0xff) else { continue };
            if ref_type == RefType::None {
                continue;
            }
            if known.len() == KNOWN {
                known.swap_remove(dice.below(KNOWN as u32) as usize);
            }
            known.push((ref_type, id));
        }
    }

    /// A value that an argument of this name could well have.
    fn plausible(&self, dice: &mut Dice, slot: Slot, argument: &ArgumentInfo) -> u32 {
        match argument.name {
            "msg" => MESSAGE,
            "event_list" | "select_array" | "nodes_list" | "ports_list" => LIST,
            "create_params_p" => PARAMETERS,
            "modname" => NAME,
            "stream_p" | "inchan_p" => RESULTS,
            "port_p" => RESULTS + 4,
            _ if argument.c_before.contains('*') => DATA + dice.below(0x8000),
            "chantype" | "block_invoker" | "blueprint" | "nevents" | "nselect" | "nports" => {
                dice.below(2)
            }
            "selector" => 0,
            "node" | "timeout" | "nmillisecs" | "offset" | "set_interest" => dice.below(3),
            "limit" | "priority" => dice.below(18),
            "event_type" => dice.below(12),
            "nbytes" | "nheader" => dice.pick(&[0, 8, 100, 2000]),
            "nnodes" => dice.below(4),
            "port" => self.id(dice, slot, RefType::Port),
            "stream_handle" => self.id(dice, slot, RefType::StreamHandle),
            "reply_handle" => self.id(dice, slot, RefType::ReplyHandle),
            "buffer_handle" => self.id(dice, slot, RefType::BufferHandle),
            "child" => self.id(dice, slot, RefType::Incarnation),
            "stream" | "stream_or_port" => self.id(dice, slot, RefType::Stream),
            _ => self.any_id(dice, slot),
        }
    }

    /// A reference of this type that the guest has met, if it remembers one.
    fn id(&self, dice: &mut Dice, slot: Slot, ref_type: RefType) -> u32 {
        let known = self.known.get(&slot).map_or(&[][..], Vec::as_slice);
        let mut of_type: Vec<u32> =
            known.iter().filter(|entry| entry.0 == ref_type).map(|entry| entry.1).collect();
        if of_type.is_empty() {
            of_type.push(self.any_id(dice, slot));
        }
        dice.pick(&of_type)
    }

    /// An identifier that the guest has met, or one like it.
    fn any_id(&self, dice: &mut Dice, slot: Slot) -> u32 {
        match self.known.get(&slot).filter(|known| !known.is_empty() && !dice.one_in(8)) {
            Some(known) => dice.pick(known).1,
            None => 0x10000 + dice.below(6),
        }
    }

    /// Any number, more often one that means something.
    fn number(&self, dice: &mut Dice, slot: Slot) -> u32 {
        match dice.below(6) {
            0 => dice.any() as u32,
            1 => dice.pick(&[0, 1, 2, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0x10000]),
            2 => dice.below(2000),
            3 => self.any_id(dice, slot),
            4 => MESSAGE + dice.below(0x10000),
            _ => BASE + dice.below(0x0010_0000) - 0x1000,
        }
    }

    /// Writes what pointers point to.
    fn draft(&self, pool: &mut Pool, dice: &mut Dice, slot: Slot) {
        let message = self.message(dice, slot);
        let mut event = EvDesc::new_zeroed();
        event.ed_reference = self.any_id(dice, slot).into();
        event.ed_evtype = dice.below(12).into();
        let mut params = IncCreateParams::new_zeroed();
        params.ic_state = dice.below(3).into();
        params.ic_params.ip_datasize = (dice.below(64) as i32 - 2).into();
        params.ic_params.ip_dataargs = (DATA + dice.below(0x8000)).into();
        let node = pool.node(1);
        let mut write = |at: u32, bytes: &[u8]| {
            let written = node.memory().copy_out(slot, UserAddr(at), bytes);
            written.expect("a guest has its data");
        };
        write(MESSAGE, message.as_bytes());
        write(LIST, event.as_bytes());
        write(PARAMETERS, params.as_bytes());
        write(NAME, dice.pick(&[&b"worker\0"[..], b"nobody\0", b"a name without an end at all"]));
        write(RESULTS, &[0; 8]);
        self.forge(pool, dice, slot);
    }

    /// Changes a word at the stack pointer, where the frame of a handler may be.
    fn forge(&self, pool: &mut Pool, dice: &mut Dice, slot: Slot) {
        let node = pool.node(1);
        let Some(registers) = node.machine().registers(slot) else { return };
        let at = registers.sp().wrapping_add(dice.below(InterruptFrame::BYTES / 4) * 4);
        let word = if dice.one_in(2) { at } else { self.number(dice, slot) };
        // Whoever has let himself be sent elsewhere has no stack there.
        let _ = node.memory().copy_out(slot, UserAddr(at), &word.to_be_bytes());
    }

    fn message(&self, dice: &mut Dice, slot: Slot) -> Msg {
        let mut message = Msg::new_zeroed();
        message.m_head[..8].copy_from_slice(&dice.any().to_be_bytes());
        if dice.one_in(3) {
            let known = self.known.get(&slot).filter(|known| !known.is_empty());
            let (ref_type, id) = match known {
                Some(known) if !dice.one_in(4) => dice.pick(known),
                _ => (RefType::Buffer, DATA),
            };
            let wild = dice.one_in(8);
            message.m_ref = RefDescrip {
                rd_type: if wild { dice.below(10) as u8 } else { ref_type as u8 },
                rd_obj: ObjectId { id: id.into(), count: dice.below(3000).into() },
                rd_bits: (dice.any() as u32 & 0x8fff_ffff).into(),
                ..RefDescrip::NONE
            };
        }
        let is_wild = dice.one_in(8);
        let base = if is_wild { self.number(dice, slot) } else { DATA };
        message.m_base = base.into();
        message.m_cnt = dice.pick(&[0, 8, 1536, 1537, 4000, 30_000, u32::MAX]).into();
        message.m_nreply = dice.pick(&[0, 8, 2000, 30_000, u32::MAX]).into();
        message
    }
}
