//! User memory as one vector for each incarnation: text, data, heap, stack and parameters in
//! this order, from [`BASE`] on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use abi::ids::UserAddr;
use abi::structs::Msg;
use kernel::NOBODY;
use kernel::platform::{
    Access, BadAddress, Memory, MemoryError, Side, Slot, SpaceMap, SpaceSpec, TextState, Usage,
    UserRange,
};
use zerocopy::{FromZeros, IntoBytes};

/// The first user address.
pub const BASE: u32 = 0x10000;
/// Size of a page in bytes.
const PAGE: u32 = 4096;
/// Bytes of text, data, heap and stack that fit into a space.
const SPACE_MAX: u64 = 0x0100_0000;

/// The bytes of a space, which grants keep alive.
pub type Bytes = Rc<RefCell<Vec<u8>>>;

struct Space {
    bytes: Bytes,
    text: u32,
    text_id: u64,
    heap: (u32, u32),
    brk: u32,
    stack: u32,
    pages: u32,
}

/// The memory of a node.
pub struct TestMemory {
    spaces: Vec<Option<Space>>,
    texts: BTreeMap<u64, Vec<u8>>,
    pub pages: u32,
}

impl TestMemory {
    pub fn new(pages: u32) -> Self {
        Self { spaces: Vec::new(), texts: BTreeMap::new(), pages }
    }

    fn space(&self, slot: Slot) -> Result<&Space, BadAddress> {
        self.spaces.get(slot.index()).and_then(Option::as_ref).ok_or(BadAddress)
    }

    /// The bytes behind a range, and where it begins in them.
    pub fn resolve(
        &self,
        slot: Slot,
        range: UserRange,
        access: Access,
    ) -> Result<(Bytes, usize), BadAddress> {
        let space = self.space(slot)?;
        let at = range.base.0.checked_sub(BASE).ok_or(BadAddress)?;
        let end = at.checked_add(range.length).ok_or(BadAddress)?;
        let is_hole = |address: u32| (space.brk..space.stack).contains(&address);
        let writes_text = access == Access::Write && at < space.text && range.length > 0;
        if end as usize > space.bytes.borrow().len() || writes_text {
            return Err(BadAddress);
        }
        if range.length > 0 && (is_hole(at) || is_hole(end - 1)) {
            return Err(BadAddress);
        }
        Ok((space.bytes.clone(), at as usize))
    }

    /// Writes on behalf of a side.
    pub fn store(
        &mut self,
        slot: Slot,
        to: UserAddr,
        from: &[u8],
        side: Side,
    ) -> Result<(), BadAddress> {
        let range = UserRange { base: to, length: from.len() as u32 };
        let access = if side == Side::Loader { Access::Read } else { Access::Write };
        let (bytes, at) = self.resolve(slot, range, access)?;
        bytes.borrow_mut()[at..at + from.len()].copy_from_slice(from);
        Ok(())
    }

    /// All bytes of a space, from [`BASE`] on.
    pub fn image(&self, slot: Slot) -> Vec<u8> {
        self.space(slot).map_or(Vec::new(), |space| space.bytes.borrow().clone())
    }

    /// Reads for a test.
    pub fn load(&mut self, slot: Slot, from: u32, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.copy_in(slot, UserAddr(from), &mut bytes).expect("a test reads its own memory");
        bytes
    }
}

impl Memory for TestMemory {
    fn create(&mut self, slot: Slot, spec: &SpaceSpec) -> Result<SpaceMap, MemoryError> {
        let parts = [spec.text, spec.data, spec.bss, spec.heap_max, spec.stack_max];
        if parts.into_iter().map(u64::from).sum::<u64>() > SPACE_MAX {
            return Err(MemoryError::BadRange);
        }
        let text = spec.text.next_multiple_of(PAGE);
        let data = text;
        let heap = data + spec.data + spec.bss;
        let stack = (heap + spec.heap_max).next_multiple_of(PAGE);
        let parameters = stack + spec.stack_max.next_multiple_of(PAGE);
        let end = parameters + spec.parameters.next_multiple_of(PAGE);
        let pages = end.div_ceil(PAGE);
        if pages > self.pages {
            return Err(MemoryError::NoMemory);
        }
        self.pages -= pages;
        let present = self.texts.get(&spec.text_id).filter(|_| spec.text > 0);
        if self.spaces.len() <= slot.index() {
            self.spaces.resize_with(slot.index() + 1, || None);
        }
        let mut bytes = vec![0; end as usize];
        if let Some(text) = present {
            bytes[..text.len()].copy_from_slice(text);
        }
        let text_state = if present.is_some() { TextState::Present } else { TextState::Missing };
        let bytes = Rc::new(RefCell::new(bytes));
        let heap_end = heap + spec.heap_max;
        let text_id = spec.text_id;
        let heap = (heap, heap_end);
        let space = Space { bytes, text, text_id, heap, brk: heap.0, stack, pages };
        self.spaces[slot.index()] = Some(space);
        let range = |at: u32, length| UserRange { base: UserAddr(BASE + at), length };
        Ok(SpaceMap {
            text: range(0, spec.text),
            text_state,
            data: range(data, spec.data),
            parameters: range(parameters, spec.parameters),
            stack: UserAddr(BASE + parameters),
        })
    }

    fn loaded(&mut self, slot: Slot) {
        let space = self.space(slot).expect("it was created");
        let text = space.bytes.borrow()[..space.text as usize].to_vec();
        self.texts.insert(space.text_id, text);
    }

    fn destroy(&mut self, slot: Slot) {
        if let Some(space) = self.spaces.get_mut(slot.index()).and_then(Option::take) {
            self.pages += space.pages;
        }
    }

    fn check(&mut self, slot: Slot, range: UserRange, access: Access) -> Result<(), BadAddress> {
        if range.length == 0 {
            return Ok(());
        }
        self.resolve(slot, range, access).map(drop)
    }

    fn copy_in(&mut self, slot: Slot, from: UserAddr, into: &mut [u8]) -> Result<(), BadAddress> {
        if into.is_empty() {
            return Ok(());
        }
        let range = UserRange { base: from, length: into.len() as u32 };
        let (bytes, at) = self.resolve(slot, range, Access::Read)?;
        into.copy_from_slice(&bytes.borrow()[at..at + into.len()]);
        Ok(())
    }

    fn copy_out(&mut self, slot: Slot, to: UserAddr, from: &[u8]) -> Result<(), BadAddress> {
        if from.is_empty() {
            return Ok(());
        }
        self.store(slot, to, from, Side::User)
    }

    type Place = (Slot, UserAddr);
    const NOWHERE: Self::Place = (NOBODY, UserAddr(0));

    fn place(&mut self, slot: Slot, at: UserAddr) -> Option<Self::Place> {
        let all = UserRange { base: at, length: size_of::<Msg>() as u32 };
        self.check(slot, all, Access::Write).ok()?;
        Some((slot, at))
    }

    fn edit<R>(&mut self, (slot, at): Self::Place, edit: impl FnOnce(&mut Msg) -> R) -> Option<R> {
        self.place(slot, at)?;
        let mut message = Msg::new_zeroed();
        self.copy_in(slot, at, message.as_mut_bytes()).ok()?;
        let result = edit(&mut message);
        self.copy_out(slot, at, message.as_bytes()).ok()?;
        Some(result)
    }

    fn pass<R>(
        &mut self,
        from: Self::Place,
        to: Self::Place,
        edit: impl FnOnce(&Msg, &mut Msg) -> R,
    ) -> Option<R> {
        let message = self.edit(from, |message| *message)?;
        self.edit(to, |to| edit(&message, to))
    }

    fn copy_across(
        &mut self,
        from: (Slot, UserAddr),
        to: (Slot, UserRange),
    ) -> Result<(), BadAddress> {
        let mut bytes = vec![0; to.1.length as usize];
        self.copy_in(from.0, from.1, &mut bytes)?;
        self.copy_out(to.0, to.1.base, &bytes)
    }

    fn brk(&mut self, slot: Slot, end: UserAddr) -> Result<UserAddr, MemoryError> {
        let space = self.spaces.get_mut(slot.index()).and_then(Option::as_mut);
        let space = space.ok_or(MemoryError::BadRange)?;
        let old = UserAddr(BASE + space.brk);
        if end.0 != 0 {
            let at = end.0.checked_sub(BASE).ok_or(MemoryError::BadRange)?;
            if at > space.heap.1 {
                return Err(MemoryError::NoMemory);
            }
            if at < space.heap.0 {
                return Err(MemoryError::BadRange);
            }
            if at < space.brk {
                space.bytes.borrow_mut()[at as usize..space.brk as usize].fill(0);
            }
            space.brk = at;
        }
        Ok(old)
    }

    /// All pages have been touched.
    fn touched(&self, slot: Slot, from: UserAddr, most: u32) -> Option<UserRange> {
        let space = self.space(slot).ok()?;
        let end = space.bytes.borrow().len() as u32;
        let from = from.0.saturating_sub(BASE);
        let parts = [(space.text, space.brk), (space.stack, end)];
        let (begin, end) = parts.into_iter().find(|(begin, end)| from.max(*begin) < *end)?;
        let begin = begin.max(from);
        Some(UserRange { base: UserAddr(BASE + begin), length: (end - begin).min(most) })
    }

    fn usage(&self, slot: Slot) -> Usage {
        let pages = self.space(slot).map_or(0, |space| space.pages);
        Usage { text: 1, heap: pages as u16, stack: 1 }
    }

    fn free_pages(&self) -> u32 {
        self.pages
    }
}
