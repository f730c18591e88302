//! The memory that a guest's pointers lead to: messages, lists and names, filled in at random.

use hostile::dice::Dice;
use rdc::abi::calls::ArgumentInfo;
use rdc::abi::constants::RefType;
use rdc::abi::rdc_file::{USER_BEGIN, USER_END};
use rdc::abi::structs::{EvDesc, IncCreateParams, Msg, ObjectId, RefDescrip};
use rdc::event::Event;
use rdc::interrupt::Handler;
use rdc::{Buffer, Propagate};
use zerocopy::{FromZeros, IntoBytes};

use crate::notebook::Notebook;

/// Offsets of a message, a list, parameters of a child, a name, results, and data.
const MESSAGE: u32 = 0;
const LIST: u32 = 0x100;
const PARAMETERS: u32 = 0x200;
const NAME: u32 = 0x300;
const RESULTS: u32 = 0x400;
const DATA: u32 = 0x1000;
/// Bytes in all, and of them those that data begins in.
const ROOM: usize = 0x18000;
const DATA_ROOM: u32 = 0x8000;
/// Where the identifier of a received reference stands in a message.
const RECEIVED_ID: u32 = 34;

extern "C" fn ignore(_: &Event<'_>) {}

/// Memory for arguments.
pub struct Drafts {
    memory: Buffer,
    base: u32,
}

impl Drafts {
    pub fn new() -> Self {
        let memory = Buffer::new(ROOM);
        let base = memory.object().1.id.get();
        Self { memory, base }
    }

    /// The value of an argument that is a pointer.
    pub fn pointer(&self, dice: &mut Dice, argument: &ArgumentInfo) -> Option<u32> {
        let offset = match argument.name {
            "msg" => MESSAGE,
            "event_list" | "select_array" | "nodes_list" => LIST,
            "create_params_p" => PARAMETERS,
            "modname" => NAME,
            "handler" => return Some(self.handler(dice)),
            "stream_p" | "inchan_p" => RESULTS,
            "port_p" => RESULTS + 4,
            _ if argument.c_before.contains('*') => DATA + dice.below(DATA_ROOM),
            _ => return None,
        };
        Some(self.base + offset)
    }

    /// A handler that does nothing, none, or what is no function.
    fn handler(&self, dice: &mut Dice) -> u32 {
        match dice.below(8) {
            0 => 0,
            1 => self.base + DATA + dice.below(DATA_ROOM),
            _ => ignore as Handler as usize as u32,
        }
    }

    /// What the kernel may have written identifiers to.
    pub fn results(&self) -> [u32; 3] {
        [RESULTS, RESULTS + 4, MESSAGE + RECEIVED_ID].map(|at| {
            let mut word = [0; 4];
            self.memory.read(at as usize, &mut word);
            u32::from_be_bytes(word)
        })
    }

    /// Any number, more often one that means something.
    pub fn number(&self, dice: &mut Dice, notebook: &Notebook) -> u32 {
        match dice.below(6) {
            0 => dice.any() as u32,
            1 => dice.pick(&[0, 1, 2, u32::MAX, 0x7fff_ffff, 0x8000_0000, 0x10000]),
            2 => dice.below(2000),
            3 => notebook.any_id(dice),
            4 => self.base + dice.below(ROOM as u32),
            // From a page before its memory to a page behind it, and the addresses of others.
            _ => match dice.below(4) {
                0 => USER_BEGIN - 0x1000 + dice.below(0x2000),
                1 => USER_END - 0x1000 + dice.below(0x2000),
                _ => dice.below(0x0400_0000),
            },
        }
    }

    /// Writes what pointers lead to.
    pub fn write(&self, dice: &mut Dice, notebook: &Notebook) {
        let message = self.message(dice, notebook);
        let mut event = EvDesc::new_zeroed();
        event.ed_reference = notebook.any_id(dice).into();
        event.ed_evtype = dice.below(12).into();
        let mut params = IncCreateParams::new_zeroed();
        // Incarnations that are never begun fill the nodes.
        params.ic_state = if dice.one_in(32) { dice.below(3).into() } else { 1.into() };
        params.ic_params.ip_datasize = (dice.below(64) as i32 - 2).into();
        params.ic_params.ip_dataargs = (self.base + DATA + dice.below(DATA_ROOM)).into();
        let name = dice.pick(&[&b"guest\0"[..], b"nobody\0", b"a name without an end at all"]);
        let write = |at: u32, bytes: &[u8]| self.memory.write(at as usize, bytes);
        write(MESSAGE, message.as_bytes());
        write(LIST, event.as_bytes());
        write(PARAMETERS, params.as_bytes());
        write(NAME, name);
        write(RESULTS, &[0; 8]);
    }

    fn message(&self, dice: &mut Dice, notebook: &Notebook) -> Msg {
        let mut message = Msg::new_zeroed();
        message.m_head[..8].copy_from_slice(&dice.any().to_be_bytes());
        if dice.one_in(3) {
            message.m_ref = self.reference(dice, notebook);
        }
        let is_wild = dice.one_in(8);
        let base = if is_wild { self.number(dice, notebook) } else { self.base + DATA };
        message.m_base = base.into();
        message.m_cnt = dice.pick(&[0, 8, 1536, 1537, 4000, 30_000, u32::MAX]).into();
        message.m_nreply = dice.pick(&[0, 8, 2000, 30_000, u32::MAX]).into();
        message
    }

    fn reference(&self, dice: &mut Dice, notebook: &Notebook) -> RefDescrip {
        let is_buffer = dice.one_in(4);
        let buffer = (RefType::Buffer, self.base + DATA);
        let (ref_type, id) = if is_buffer { buffer } else { notebook.any(dice) };
        let is_wild = dice.one_in(8);
        RefDescrip {
            rd_type: if is_wild { dice.below(10) as u8 } else { ref_type as u8 },
            rd_obj: ObjectId { id: id.into(), count: dice.below(3000).into() },
            rd_bits: (dice.any() as u32 & 0x8fff_ffff).into(),
            ..RefDescrip::NONE
        }
    }
}
