//! The user memory of a simulated node: plain buffers behind user addresses.
//!
//! Every space has the same shape: text, data with the heap behind it, the start
//! parameters, and a stack. Bytes lie in regions that grants keep alive after
//! their space is gone, as the pages of a real node do.

use std::cell::RefCell;
use std::rc::Rc;

use abi::ids::UserAddr;
use abi::structs::Msg;
use kernel::NOBODY;
use kernel::platform::{
    Access, BadAddress, Memory, MemoryError, Side, Slot, SpaceMap, SpaceSpec, TextState, Usage,
    UserRange,
};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// Size of a page of user memory, in bytes.
pub const PAGE: u32 = 4096;

/// Where text starts in every space.
pub const TEXT_BASE: u32 = 0x0010_0000;
/// Where data starts in every space, with the heap behind it.
pub const DATA_BASE: u32 = 0x1000_0000;
/// Where the start parameters lie.
pub const PARAMETERS_BASE: u32 = 0x2000_0000;
/// The end of every stack.
pub const STACK_TOP: u32 = 0x3000_0000;

/// Bytes that a space and the grants on it share.
pub type Region = Rc<RefCell<Vec<u8>>>;

/// The memory as the kernel sees it.
pub struct SimMemory(Rc<RefCell<UserMemory>>);

/// The memory as the simulator sees it.
pub struct UserMemory {
    spaces: Vec<Option<Space>>,
    texts: Vec<Text>,
    pages: u32,
    supply: Supply,
    departed: Vec<Slot>,
}

/// Whether there is memory to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// up to the size of the node
    Normal,
    /// not one page
    Exhausted,
}

struct Space {
    text: usize,
    data: Region,
    heap_start: u32,
    heap_max: u32,
    brk: u32,
    parameters: Region,
    stack: Region,
    pages: u32,
}

struct Text {
    id: u64,
    bytes: Region,
    state: TextState,
    users: u32,
}

impl SimMemory {
    /// The memory of one node for its kernel.
    pub fn new(memory: Rc<RefCell<UserMemory>>) -> SimMemory {
        SimMemory(memory)
    }

    /// The region that holds all of `range` and the offset in it, if `side` may
    /// access it so.
    pub fn resolve(
        &self,
        slot: Slot,
        range: UserRange,
        access: Access,
        side: Side,
    ) -> Result<(Region, usize), BadAddress> {
        let memory = self.0.borrow();
        memory.resolve(slot, range, access, side).map(|(region, at)| (region.clone(), at))
    }
}

impl UserMemory {
    /// The memory of a node that has `pages` pages for user spaces.
    pub fn new(pages: u32) -> UserMemory {
        UserMemory {
            spaces: Vec::new(),
            texts: Vec::new(),
            pages,
            supply: Supply::Normal,
            departed: Vec::new(),
        }
    }

    /// Starts or ends a shortage.
    pub fn set_supply(&mut self, supply: Supply) {
        self.supply = supply;
    }

    /// The data region of `slot`, where a scripted program keeps its state.
    pub fn data(&self, slot: Slot) -> Option<Region> {
        self.space(slot).map(|space| space.data.clone())
    }

    /// The text of `slot`.
    pub fn text(&self, slot: Slot) -> Option<Region> {
        self.space(slot).map(|space| self.texts[space.text].bytes.clone())
    }

    /// The start parameters of `slot`.
    pub fn parameters(&self, slot: Slot) -> Option<Region> {
        self.space(slot).map(|space| space.parameters.clone())
    }

    /// Reads what lies in the space of `slot`.
    pub fn read<T: FromZeros + IntoBytes + FromBytes>(&self, slot: Slot, at: u32) -> Option<T> {
        let mut content = T::new_zeroed();
        let bytes = content.as_mut_bytes();
        let range = UserRange { base: UserAddr(at), length: bytes.len() as u32 };
        let (region, at) = self.resolve(slot, range, Access::Read, Side::User).ok()?;
        bytes.copy_from_slice(&region.borrow()[at..at + bytes.len()]);
        Some(content)
    }

    /// The slots whose spaces were destroyed since this was asked last.
    pub fn take_departed(&mut self, into: &mut Vec<Slot>) {
        into.append(&mut self.departed);
    }

    fn space(&self, slot: Slot) -> Option<&Space> {
        self.spaces.get(slot.index())?.as_ref()
    }

    fn resolve(
        &self,
        slot: Slot,
        range: UserRange,
        access: Access,
        side: Side,
    ) -> Result<(&Region, usize), BadAddress> {
        let space = self.space(slot).ok_or(BadAddress)?;
        let (region, base, length) = space.part(&self.texts, range.base.0).ok_or(BadAddress)?;
        let writes_text = base == TEXT_BASE && access == Access::Write;
        if writes_text && (side == Side::User || self.texts[space.text].state == TextState::Present)
        {
            return Err(BadAddress);
        }
        let at = range.base.0 - base;
        if u64::from(at) + u64::from(range.length) > u64::from(length) {
            return Err(BadAddress);
        }
        Ok((region, at as usize))
    }

    fn free_pages(&self) -> u32 {
        if self.supply == Supply::Exhausted {
            return 0;
        }
        let spaces: u32 = self.spaces.iter().flatten().map(|space| space.pages).sum();
        let texts: u32 = self.texts.iter().filter(|text| text.users > 0).map(Text::pages).sum();
        self.pages.saturating_sub(spaces + texts)
    }

    /// The text with `id`, made if nobody uses one.
    fn text_of_id(&mut self, id: u64, length: u32) -> usize {
        let shared =
            |text: &Text| text.users > 0 && text.id == id && text.state == TextState::Present;
        if let Some(found) = self.texts.iter().position(shared) {
            return found;
        }
        let fresh = Text {
            id,
            bytes: Rc::new(RefCell::new(vec![0; length as usize])),
            state: TextState::Missing,
            users: 0,
        };
        if let Some(unused) = self.texts.iter().position(|text| text.users == 0) {
            self.texts[unused] = fresh;
            return unused;
        }
        self.texts.push(fresh);
        self.texts.len() - 1
    }
}

impl Space {
    fn new(text: usize, spec: &SpaceSpec) -> Space {
        let region = |length: u32| Rc::new(RefCell::new(vec![0; length as usize]));
        let heap_start = DATA_BASE + spec.data + spec.bss;
        Space {
            text,
            data: region(spec.data + spec.bss),
            heap_start,
            heap_max: spec.heap_max,
            brk: heap_start,
            parameters: region(spec.parameters),
            stack: region(spec.stack_max),
            pages: pages(spec.data + spec.bss + spec.heap_max)
                + pages(spec.parameters)
                + pages(spec.stack_max),
        }
    }

    /// The part that `address` lies in, with its base and its length in bytes.
    fn part<'a>(&'a self, texts: &'a [Text], address: u32) -> Option<(&'a Region, u32, u32)> {
        let stack_length = self.stack.borrow().len() as u32;
        let (region, base) = match address {
            TEXT_BASE..DATA_BASE => (&texts[self.text].bytes, TEXT_BASE),
            DATA_BASE..PARAMETERS_BASE => (&self.data, DATA_BASE),
            PARAMETERS_BASE..0x2800_0000 => (&self.parameters, PARAMETERS_BASE),
            0x2800_0000..=STACK_TOP => (&self.stack, STACK_TOP - stack_length),
            _ => return None,
        };
        let length = region.borrow().len() as u32;
        (address >= base).then_some((region, base, length))
    }
}

impl Text {
    fn pages(&self) -> u32 {
        pages(self.bytes.borrow().len() as u32)
    }
}

fn pages(bytes: u32) -> u32 {
    bytes.div_ceil(PAGE)
}

fn whole(region: &Region, base: u32) -> UserRange {
    UserRange { base: UserAddr(base), length: region.borrow().len() as u32 }
}

impl Memory for SimMemory {
    fn create(&mut self, slot: Slot, spec: &SpaceSpec) -> Result<SpaceMap, MemoryError> {
        let mut memory = self.0.borrow_mut();
        let largest = PARAMETERS_BASE - DATA_BASE;
        let data = [spec.data, spec.bss, spec.heap_max].into_iter().map(u64::from).sum::<u64>();
        if data > u64::from(largest) || spec.text > largest || spec.stack_max > 0x0400_0000 {
            return Err(MemoryError::BadRange);
        }
        let text = memory.text_of_id(spec.text_id, spec.text);
        let text_state = memory.texts[text].state;
        let space = Space::new(text, spec);
        let text_pages = if memory.texts[text].users == 0 { pages(spec.text) } else { 0 };
        if memory.free_pages() < space.pages + text_pages {
            return Err(MemoryError::NoMemory);
        }
        memory.texts[text].users += 1;
        let map = SpaceMap {
            text: whole(&memory.texts[text].bytes, TEXT_BASE),
            text_state,
            data: UserRange { base: UserAddr(DATA_BASE), length: spec.data },
            parameters: whole(&space.parameters, PARAMETERS_BASE),
            stack: UserAddr(STACK_TOP),
        };
        let index = slot.index();
        if memory.spaces.len() <= index {
            memory.spaces.resize_with(index + 1, || None);
        }
        assert!(memory.spaces[index].is_none(), "slot {index} has a space already");
        memory.spaces[index] = Some(space);
        Ok(map)
    }

    fn loaded(&mut self, slot: Slot) {
        let mut memory = self.0.borrow_mut();
        let text = memory.space(slot).expect("a space that was loaded").text;
        memory.texts[text].state = TextState::Present;
    }

    fn destroy(&mut self, slot: Slot) {
        let mut memory = self.0.borrow_mut();
        let space = memory.spaces.get_mut(slot.index()).and_then(Option::take);
        let Some(space) = space else { return };
        memory.texts[space.text].users -= 1;
        memory.departed.push(slot);
    }

    fn check(&mut self, slot: Slot, range: UserRange, access: Access) -> Result<(), BadAddress> {
        if range.length == 0 {
            return Ok(());
        }
        self.0.borrow().resolve(slot, range, access, Side::User).map(|_| ())
    }

    fn copy_in(&mut self, slot: Slot, from: UserAddr, into: &mut [u8]) -> Result<(), BadAddress> {
        let range = UserRange { base: from, length: into.len() as u32 };
        if into.is_empty() {
            return Ok(());
        }
        let memory = self.0.borrow();
        let (region, at) = memory.resolve(slot, range, Access::Read, Side::User)?;
        into.copy_from_slice(&region.borrow()[at..at + into.len()]);
        Ok(())
    }

    fn copy_out(&mut self, slot: Slot, to: UserAddr, from: &[u8]) -> Result<(), BadAddress> {
        let range = UserRange { base: to, length: from.len() as u32 };
        if from.is_empty() {
            return Ok(());
        }
        let memory = self.0.borrow();
        let (region, at) = memory.resolve(slot, range, Access::Write, Side::User)?;
        region.borrow_mut()[at..at + from.len()].copy_from_slice(from);
        Ok(())
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
        let length = to.1.length;
        if length == 0 {
            return Ok(());
        }
        let memory = self.0.borrow();
        let range = UserRange { base: from.1, length };
        let source = memory.resolve(from.0, range, Access::Read, Side::User)?;
        let target = memory.resolve(to.0, to.1, Access::Write, Side::User)?;
        copy((source.0, source.1), (target.0, target.1), length as usize);
        Ok(())
    }

    fn brk(&mut self, slot: Slot, end: UserAddr) -> Result<UserAddr, MemoryError> {
        let mut memory = self.0.borrow_mut();
        let space = memory.spaces.get_mut(slot.index()).and_then(Option::as_mut);
        let space = space.expect("a space that exists");
        if end.0 == 0 {
            return Ok(UserAddr(space.brk));
        }
        let limit = space.heap_start.saturating_add(space.heap_max);
        if end.0 > limit {
            return Err(MemoryError::NoMemory);
        }
        if end.0 < space.heap_start {
            return Err(MemoryError::BadRange);
        }
        space.data.borrow_mut().resize((end.0 - DATA_BASE) as usize, 0);
        Ok(UserAddr(std::mem::replace(&mut space.brk, end.0)))
    }

    /// Data and heap, parameters, and the stack are each touched as a whole.
    fn touched(&self, slot: Slot, from: UserAddr, most: u32) -> Option<UserRange> {
        let memory = self.0.borrow();
        let space = memory.space(slot)?;
        let stack_low = STACK_TOP - space.stack.borrow().len() as u32;
        let parts = [
            whole(&space.data, DATA_BASE),
            whole(&space.parameters, PARAMETERS_BASE),
            whole(&space.stack, stack_low),
        ];
        let ends = |part: &UserRange| part.base.0 + part.length;
        let part = parts.iter().find(|part| from.0.max(part.base.0) < ends(part))?;
        let base = from.0.max(part.base.0);
        Some(UserRange { base: UserAddr(base), length: (ends(part) - base).min(most) })
    }

    fn usage(&self, slot: Slot) -> Usage {
        let memory = self.0.borrow();
        let Some(space) = memory.space(slot) else { return Usage::default() };
        Usage {
            text: memory.texts[space.text].pages() as u16,
            heap: pages(space.brk - DATA_BASE) as u16,
            stack: pages(space.stack.borrow().len() as u32) as u16,
        }
    }

    fn free_pages(&self) -> u32 {
        self.0.borrow().free_pages()
    }
}

/// Copies between regions, which may be one and the same.
pub fn copy(from: (&Region, usize), to: (&Region, usize), length: usize) {
    if Rc::ptr_eq(from.0, to.0) {
        from.0.borrow_mut().copy_within(from.1..from.1 + length, to.1);
    } else {
        let source = from.0.borrow();
        to.0.borrow_mut()[to.1..to.1 + length].copy_from_slice(&source[from.1..from.1 + length]);
    }
}
