//! Lists threaded through the entries of arenas.
//!
//! Properties: every operation but `nth` is O(1), and none allocates; so an entry leaves from the middle as cheaply as from
//! the front. An entry is in at most one list at a time; which one is the entry's own state, not kept here.

/// First and last of a list.
#[derive(Debug)]
pub(crate) struct List<K> {
    first: Option<K>,
    last: Option<K>,
    len: usize,
}

/// An entry's neighbours.
#[derive(Debug)]
pub(crate) struct Links<K> {
    prev: Option<K>,
    next: Option<K>,
}

/// Where the entries are.
pub(crate) trait Arena<K> {
    /// The neighbours of an entry, if it lives.
    fn links(&mut self, key: K) -> Option<&mut Links<K>>;
}

impl<K> Default for Links<K> {
    fn default() -> Self {
        Self {
            prev: None,
            next: None,
        }
    }
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            first: None,
            last: None,
            len: 0,
        }
    }
}

impl<K: Copy> List<K> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn first(&self) -> Option<K> {
        self.first
    }

    /// Appends an entry that is in no list.
    pub(crate) fn push_back(&mut self, arena: &mut impl Arena<K>, key: K) {
        let prev = self.last.replace(key);
        match prev.and_then(|prev| arena.links(prev)) {
            Some(links) => links.next = Some(key),
            None => self.first = Some(key),
        }
        self.link(arena, key, Links { prev, next: None });
    }

    /// Puts an entry that is in no list before all others.
    pub(crate) fn push_front(&mut self, arena: &mut impl Arena<K>, key: K) {
        let next = self.first.replace(key);
        match next.and_then(|next| arena.links(next)) {
            Some(links) => links.prev = Some(key),
            None => self.last = Some(key),
        }
        self.link(arena, key, Links { prev: None, next });
    }

    /// Takes out an entry that is in this list.
    pub(crate) fn remove(&mut self, arena: &mut impl Arena<K>, key: K) {
        let Some(links) = arena.links(key) else {
            return;
        };
        let Links { prev, next } = core::mem::take(links);
        match prev.and_then(|prev| arena.links(prev)) {
            Some(links) => links.next = next,
            None => self.first = next,
        }
        match next.and_then(|next| arena.links(next)) {
            Some(links) => links.prev = prev,
            None => self.last = prev,
        }
        self.len = self.len.saturating_sub(1);
    }

    /// The entry after `n` others, or the last one; `n` is small.
    pub(crate) fn nth(&self, arena: &mut impl Arena<K>, n: usize) -> Option<K> {
        let mut key = self.first?;
        for _ in 0..n {
            match arena.links(key).and_then(|links| links.next) {
                Some(next) => key = next,
                None => break,
            }
        }
        Some(key)
    }

    fn link(&mut self, arena: &mut impl Arena<K>, key: K, links: Links<K>) {
        if let Some(place) = arena.links(key) {
            *place = links;
        }
        self.len += 1;
    }
}

/// How far into a list a seeded policy looks.
pub(crate) const REACH: usize = 8;
