//! An arena whose free places are used again. Numbers begin at 1, so that 0 can mean "none" outside.
//!
//! Properties: `insert`, `remove`, `free` and `get` are O(1); a number stays valid until it is removed. `insert` is always inlined, so that
//! an entry is made in its place; as a call it would be copied twice, and copies are what costs here.

use alloc::vec::Vec;

/// The arena.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    /// An empty arena.
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether the next entry gets the number of one that was removed.
    pub(crate) fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Puts an entry at the number freed last, or at a new one.
    #[inline(always)]
    pub(crate) fn insert(&mut self, entry: T) -> u32 {
        if let Some(n) = self.free.pop()
            && let Some(place) = self.places.get_mut(n as usize - 1)
        {
            *place = Some(entry);
            return n;
        }
        self.places.push(Some(entry));
        self.places.len() as u32
    }

    /// The entry, if there is one.
    pub(crate) fn get(&self, n: u32) -> Option<&T> {
        self.places.get((n as usize).wrapping_sub(1))?.as_ref()
    }

    /// The entry, if there is one.
    pub(crate) fn get_mut(&mut self, n: u32) -> Option<&mut T> {
        self.places.get_mut((n as usize).wrapping_sub(1))?.as_mut()
    }

    /// Takes the entry out.
    pub(crate) fn remove(&mut self, n: u32) -> Option<T> {
        let entry = self.places.get_mut((n as usize).wrapping_sub(1))?.take()?;
        self.free.push(n);
        Some(entry)
    }

    /// Drops the entry.
    pub(crate) fn free(&mut self, n: u32) {
        if let Some(place) = self.places.get_mut((n as usize).wrapping_sub(1))
            && place.is_some()
        {
            *place = None;
            self.free.push(n);
        }
    }

    /// Every entry with its number, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.places
            .iter()
            .zip(1..)
            .filter_map(|(entry, n)| Some((n, entry.as_ref()?)))
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}
