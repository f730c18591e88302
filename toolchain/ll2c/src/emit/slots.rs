//! Stack slots: which `alloca`s can share one.
//!
//! GCC sees one flat function and would give each array its own place on the stack.
//! The lifetime markers in the IR say which are never alive together; those share a
//! slot, the biggest first. Kernel stacks are small.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::failure::{Failure, Outcome};
use super::unit::Unit;
use crate::ir::{Body, Call, Callee, Const, Inst, Local, Op, Operand, Ty, Value};

/// The stack slots of a function.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// which slot each `alloca` got
    pub of_locals: Vec<(Local, u32)>,
}

#[derive(Debug)]
struct Slot {
    size: u64,
    align: u32,
}

impl Slots {
    /// As C declarations.
    pub fn declarations(&self) -> String {
        let mut text = String::new();
        for (number, Slot { size, align }) in self.slots.iter().enumerate() {
            let _ = writeln!(text, "  u8 slot{number}[{size}] __attribute__((aligned({align})));");
        }
        text
    }

    fn add(&mut self, alloca: &Alloca) -> u32 {
        let number = self.slots.len() as u32;
        self.slots.push(Slot { size: alloca.size, align: alloca.align });
        self.of_locals.push((alloca.local, number));
        number
    }
}

/// An `alloca`.
#[derive(Debug)]
struct Alloca {
    local: Local,
    size: u64,
    align: u32,
}

/// Gives each `alloca` of a function its slot. A failure comes with its line of IR.
pub(super) fn assign(unit: &mut Unit<'_>, body: &Body) -> Result<Slots, (Failure, u32)> {
    let allocas = allocas(unit, body)?;
    let mut slots = Slots::default();
    let marked = Markers::find(body, &allocas);
    let (shared, alone): (Vec<Alloca>, Vec<Alloca>) =
        allocas.into_iter().partition(|alloca| marked.bits.contains_key(&alloca.local));
    for alloca in &alone {
        slots.add(alloca);
    }
    share(&mut slots, shared, &marked, body);
    Ok(slots)
}

fn allocas(unit: &mut Unit<'_>, body: &Body) -> Result<Vec<Alloca>, (Failure, u32)> {
    let mut allocas = Vec::new();
    for (number, block) in body.blocks.iter().enumerate() {
        for inst in &block.insts {
            let Op::Alloca { ty, count, align } = &inst.op else { continue };
            let Some(local) = inst.result else { continue };
            let alloca = if number > 0 {
                Failure::unsupported("alloca outside the first block")
            } else {
                alloca(unit, local, *ty, count.as_ref(), *align)
            };
            allocas.push(alloca.map_err(|failure| (failure, inst.line))?);
        }
    }
    Ok(allocas)
}

fn alloca(
    unit: &mut Unit<'_>,
    local: Local,
    ty: Ty,
    count: Option<&Operand>,
    align: Option<u32>,
) -> Outcome<Alloca> {
    let layout = unit.layout(ty)?;
    let count = match count.map(|count| &count.value) {
        None => 1,
        Some(Value::Const(Const::Int(count))) => count.as_u64(),
        Some(_) => return Failure::unsupported("alloca of a size that is not constant"),
    };
    Ok(Alloca {
        local,
        // C has no arrays without elements.
        size: (layout.size * count).max(1),
        align: align.unwrap_or(layout.align),
    })
}

/// A set of `alloca`s, one bit each.
type Set = Vec<u64>;

fn insert(set: &mut Set, bit: usize) {
    set[bit / 64] |= 1 << (bit % 64);
}

fn remove(set: &mut Set, bit: usize) {
    set[bit / 64] &= !(1 << (bit % 64));
}

/// Adds all of `other`; tells if that changed anything.
fn unite(set: &mut Set, other: &Set) -> bool {
    let mut changed = false;
    for (word, other) in set.iter_mut().zip(other) {
        changed |= *other & !*word != 0;
        *word |= other;
    }
    changed
}

fn meets(set: &Set, other: &Set) -> bool {
    set.iter().zip(other).any(|(word, other)| word & other != 0)
}

fn members(set: &Set) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(place, &word)| {
        (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| place * 64 + bit)
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Marker {
    Start(usize),
    End(usize),
}

/// The lifetime markers of a function.
struct Markers {
    /// the bit of each `alloca` that has markers
    bits: HashMap<Local, usize>,
    /// for each block, in order
    of_blocks: Vec<Vec<Marker>>,
}

impl Markers {
    fn find(body: &Body, allocas: &[Alloca]) -> Self {
        let mut bits: HashMap<Local, usize> = HashMap::new();
        let is_alloca: HashSet<Local> = allocas.iter().map(|alloca| alloca.local).collect();
        let mut of_blocks = Vec::with_capacity(body.blocks.len());
        for block in &body.blocks {
            let mut markers = Vec::new();
            for (is_start, local) in block.insts.iter().filter_map(marker) {
                if is_alloca.contains(&local) {
                    let next = bits.len();
                    let bit = *bits.entry(local).or_insert(next);
                    markers.push(if is_start { Marker::Start(bit) } else { Marker::End(bit) });
                }
            }
            of_blocks.push(markers);
        }
        Markers { bits, of_blocks }
    }

    fn empty_set(&self) -> Set {
        vec![0; self.bits.len().div_ceil(64)]
    }

    /// Applies a block's markers; `started` sees each set that has just grown.
    fn apply(&self, block: usize, live: &mut Set, mut started: impl FnMut(&Set, usize)) {
        for &marker in &self.of_blocks[block] {
            match marker {
                Marker::Start(bit) => {
                    insert(live, bit);
                    started(live, bit);
                }
                Marker::End(bit) => remove(live, bit),
            }
        }
    }

    /// What may be alive where each block begins.
    fn live_in(&self, body: &Body) -> Vec<Set> {
        let mut live_in = vec![self.empty_set(); body.blocks.len()];
        let mut work: Vec<usize> = (0..body.blocks.len()).rev().collect();
        while let Some(block) = work.pop() {
            let mut live = live_in[block].clone();
            self.apply(block, &mut live, |_, _| {});
            for next in successors(body, block) {
                if unite(&mut live_in[next], &live) {
                    work.push(next);
                }
            }
        }
        live_in
    }

    /// For each `alloca`, those that may be alive while it is.
    fn neighbours(&self, body: &Body) -> Vec<Set> {
        let mut neighbours = vec![self.empty_set(); self.bits.len()];
        let meet = |neighbours: &mut Vec<Set>, live: &Set| {
            for member in members(live) {
                unite(&mut neighbours[member], live);
            }
        };
        for (block, live) in self.live_in(body).iter_mut().enumerate() {
            meet(&mut neighbours, live);
            self.apply(block, live, |live, bit| {
                unite(&mut neighbours[bit], live);
                for member in members(live) {
                    insert(&mut neighbours[member], bit);
                }
            });
        }
        neighbours
    }
}

/// Puts each `alloca` into the first slot whose users are never alive with it.
fn share(slots: &mut Slots, mut allocas: Vec<Alloca>, markers: &Markers, body: &Body) {
    let neighbours = markers.neighbours(body);
    let mut users: Vec<(u32, Set)> = Vec::new();
    allocas.sort_by_key(|alloca| std::cmp::Reverse(alloca.size));
    for alloca in &allocas {
        let bit = markers.bits[&alloca.local];
        let free = users.iter_mut().find(|(_, users)| !meets(users, &neighbours[bit]));
        if let Some((slot, users)) = free {
            insert(users, bit);
            let place = &mut slots.slots[*slot as usize];
            place.align = place.align.max(alloca.align);
            slots.of_locals.push((alloca.local, *slot));
        } else {
            let mut set = markers.empty_set();
            insert(&mut set, bit);
            users.push((slots.add(alloca), set));
        }
    }
}

/// The local that a lifetime marker is about; true for its start.
fn marker(inst: &Inst) -> Option<(bool, Local)> {
    let Op::Call(call) = &inst.op else { return None };
    let Call { callee: Callee::Intrinsic(name), args, .. } = &**call else { return None };
    let is_start = name.starts_with("lifetime.start");
    if !is_start && !name.starts_with("lifetime.end") {
        return None;
    }
    match args.last()?.value {
        Value::Local(local) => Some((is_start, local)),
        Value::Const(_) => None,
    }
}

fn successors(body: &Body, block: usize) -> Vec<usize> {
    let terminator = body.blocks[block].insts.last().map(|inst| &inst.op);
    match terminator {
        Some(Op::Br(to)) => vec![to.0 as usize],
        Some(Op::CondBr { then, other, .. }) => vec![then.0 as usize, other.0 as usize],
        Some(Op::Switch { default, cases, .. }) => {
            let cases = cases.iter().map(|(_, to)| to.0 as usize);
            cases.chain([default.0 as usize]).collect()
        }
        _ => Vec::new(),
    }
}
