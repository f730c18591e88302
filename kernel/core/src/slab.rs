//! Tables of a fixed capacity: all their memory is taken when they are made.

use alloc::vec::Vec;

/// Marks the end of a free list.
const END: u16 = u16::MAX;

/// A table whose entries are taken and given back in any order, in constant time.
#[derive(Debug)]
pub struct Slab<T> {
    entries: Vec<Entry<T>>,
    free: u16,
    used: u16,
}

#[derive(Debug)]
enum Entry<T> {
    Free { next: u16 },
    Used(T),
}

impl<T> Slab<T> {
    /// A table of `capacity` free entries.
    pub fn new(capacity: u16) -> Self {
        let next = |index: u16| if index + 1 < capacity { index + 1 } else { END };
        Self {
            entries: (0..capacity).map(|index| Entry::Free { next: next(index) }).collect(),
            free: if capacity == 0 { END } else { 0 },
            used: 0,
        }
    }

    /// Takes an entry for `value` and answers its index; gives `value` back when full.
    pub fn insert(&mut self, value: T) -> Result<u16, T> {
        let index = self.free;
        let Some(entry) = self.entries.get_mut(usize::from(index)) else { return Err(value) };
        let Entry::Free { next } = *entry else { unreachable!("the free list holds free entries") };
        self.free = next;
        self.used += 1;
        *entry = Entry::Used(value);
        Ok(index)
    }

    /// Gives back the entry at `index` and answers its value, if it was in use.
    pub fn remove(&mut self, index: u16) -> Option<T> {
        let entry = self.entries.get_mut(usize::from(index))?;
        if matches!(entry, Entry::Free { .. }) {
            return None;
        }
        let Entry::Used(value) = core::mem::replace(entry, Entry::Free { next: self.free }) else {
            unreachable!("checked above")
        };
        self.free = index;
        self.used -= 1;
        Some(value)
    }

    /// The entry at `index`, if it is in use.
    pub fn get(&self, index: u16) -> Option<&T> {
        match self.entries.get(usize::from(index)) {
            Some(Entry::Used(value)) => Some(value),
            _ => None,
        }
    }

    /// The entry at `index`, if it is in use.
    pub fn get_mut(&mut self, index: u16) -> Option<&mut T> {
        match self.entries.get_mut(usize::from(index)) {
            Some(Entry::Used(value)) => Some(value),
            _ => None,
        }
    }

    /// All entries in use, with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &T)> {
        let used = self.entries.iter().enumerate().filter_map(|(index, entry)| match entry {
            Entry::Used(value) => Some((index as u16, value)),
            Entry::Free { .. } => None,
        });
        // Behind the last one there is nothing to look for.
        used.take(self.len())
    }

    /// Number of entries in use.
    pub fn len(&self) -> usize {
        usize::from(self.used)
    }

    /// Whether no entry is in use.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Number of entries.
    pub fn capacity(&self) -> usize {
        self.entries.len()
    }

    /// Whether the free list and the count agree with the entries.
    pub fn is_sound(&self) -> bool {
        let mut free = 0;
        let mut index = self.free;
        while let Some(Entry::Free { next }) = self.entries.get(usize::from(index)) {
            free += 1;
            if free > self.capacity() {
                return false;
            }
            index = *next;
        }
        index == END && free + self.len() == self.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((any::<bool>(), 0u16..10), 0..200)) {
            let mut slab = Slab::new(8);
            let mut model = BTreeMap::new();
            for (number, (insert, index)) in steps.into_iter().enumerate() {
                if insert {
                    match slab.insert(number) {
                        Ok(at) => prop_assert_eq!(model.insert(at, number), None),
                        Err(value) => {
                            prop_assert_eq!(value, number);
                            prop_assert_eq!(model.len(), 8);
                        }
                    }
                } else {
                    prop_assert_eq!(slab.remove(index), model.remove(&index));
                }
                prop_assert!(slab.is_sound());
                prop_assert!(slab.iter().map(|(at, value)| (at, *value)).eq(model.clone()));
            }
        }
    }
}
