//! The references that a guest has met.

use alloc::vec::Vec;

use hostile::dice::Dice;
use rdc::abi::constants::RefType;
use rdc::abi::ids::RefId;

/// How many it remembers.
const KNOWN: usize = 24;
/// Identifiers begin here.
const FIRST: u32 = 0x10000;

/// References with their types.
#[derive(Default)]
pub struct Notebook {
    known: Vec<(RefType, u32)>,
}

impl Notebook {
    /// Notes what may be the identifier of a reference, if it is one.
    pub fn learn(&mut self, id: u32) {
        let is_new = id >= FIRST && !self.known.iter().any(|entry| entry.1 == id);
        let Some(reference) = RefId::from_raw(id).filter(|_| is_new) else { return };
        let (ref_type, _) = rdc::test(reference);
        if ref_type == RefType::None {
            return;
        }
        if self.known.len() == KNOWN {
            // The oldest, but for the streams of the beginning: those lead to who replies.
            self.known.remove(2);
        }
        self.known.push((ref_type, id));
    }

    /// A value that an argument of this name could well have, if it is no pointer.
    pub fn plausible(&self, dice: &mut Dice, name: &str) -> u32 {
        match name {
            "chantype" | "block_invoker" | "blueprint" | "nevents" | "nselect" => dice.below(2),
            "selector" => 0,
            "node" | "timeout" | "nmillisecs" | "offset" | "set_interest" => dice.below(3),
            "event_type" => dice.below(12),
            "limit" | "priority" => dice.below(18),
            "nbytes" | "nheader" => dice.pick(&[0, 8, 100, 2000]),
            "nnodes" => dice.below(4),
            "port" => self.id(dice, RefType::Port),
            "stream_handle" => self.id(dice, RefType::StreamHandle),
            "reply_handle" => self.id(dice, RefType::ReplyHandle),
            "buffer_handle" => self.id(dice, RefType::BufferHandle),
            "child" => self.id(dice, RefType::Incarnation),
            "stream" if !dice.one_in(16) => self.known[dice.below(2) as usize].1,
            "stream" | "stream_or_port" => self.id(dice, RefType::Stream),
            _ => self.any_id(dice),
        }
    }

    /// A reference that it remembers, with its type.
    pub fn any(&self, dice: &mut Dice) -> (RefType, u32) {
        dice.pick(&self.known)
    }

    /// An identifier that it has met, or one like it.
    pub fn any_id(&self, dice: &mut Dice) -> u32 {
        if dice.one_in(8) { FIRST + dice.below(6) } else { self.any(dice).1 }
    }

    /// A reference of this type, if it remembers one.
    fn id(&self, dice: &mut Dice, ref_type: RefType) -> u32 {
        let of_type = |entry: &&(RefType, u32)| entry.0 == ref_type;
        let count = self.known.iter().filter(of_type).count();
        if count == 0 {
            return self.any_id(dice);
        }
        let at = dice.below(count as u32) as usize;
        self.known.iter().filter(of_type).nth(at).map_or(0, |entry| entry.1)
    }
}
