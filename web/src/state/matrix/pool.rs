//! What stands for the rows and columns in sight, used again: who scrolls makes nothing new, and moves only what changes.

/// Elements in order, each for one row or column. `T` is what is shown; this knows nothing of a browser.
#[derive(Debug)]
pub struct Pool<T> {
    shown: Vec<(usize, T)>,
    spare: Vec<T>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { shown: Vec::new(), spare: Vec::new() }
    }
}

/// What is done with elements.
pub trait Place<T> {
    /// Makes one more, if that can be done.
    fn make(&mut self) -> Option<T>;
    /// Puts one before another that is there, or at the end.
    fn put(&mut self, element: &T, next: Option<&T>);
    /// Takes one out. What it showed may be another thing when it comes back.
    fn take(&mut self, element: &mut T);
}

impl<T> Pool<T> {
    /// What is shown, in order, each with its row or column.
    pub fn shown(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        self.shown.iter_mut().map(|(index, element)| (*index, element))
    }

    /// What is shown, and what was put aside.
    pub fn all(&mut self) -> impl Iterator<Item = &mut T> {
        self.shown.iter_mut().map(|(_, element)| element).chain(&mut self.spare)
    }

    /// Shows these rows or columns, in rising order. What is shown already stays where it is: it may have the keyboard. What is
    /// not wanted any more becomes what is missing.
    pub fn turn(&mut self, wanted: &[usize], place: &mut impl Place<T>) {
        let mut kept: Vec<Option<T>> = wanted.iter().map(|_| None).collect();
        let mut free = Vec::new();
        for (index, element) in std::mem::take(&mut self.shown) {
            match wanted.binary_search(&index).ok().and_then(|at| kept.get_mut(at)) {
                Some(slot) => *slot = Some(element),
                None => free.push(element),
            }
        }
        // Where nothing stays, all that is there is in order already.
        let in_order = kept.iter().all(Option::is_none);
        let mut free = free.into_iter();
        let mut moved = Vec::with_capacity(wanted.len());
        for (index, kept) in wanted.iter().zip(kept) {
            let (element, is_moved) = match kept {
                Some(element) => (element, false),
                None => match free.next() {
                    Some(element) => (element, !in_order),
                    None => match self.spare.pop().or_else(|| place.make()) {
                        Some(element) => (element, true),
                        None => continue,
                    },
                },
            };
            moved.push(is_moved);
            self.shown.push((*index, element));
        }
        for mut element in free {
            place.take(&mut element);
            self.spare.push(element);
        }
        let mut next = None;
        for ((_, element), is_moved) in self.shown.iter().zip(moved).rev() {
            if is_moved {
                place.put(element, next);
            }
            next = Some(element);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of numbered elements.
    #[derive(Default)]
    struct Document {
        made: usize,
        moved: usize,
        order: Vec<usize>,
    }

    impl Place<usize> for Document {
        fn make(&mut self) -> Option<usize> {
            self.made += 1;
            Some(self.made)
        }

        fn put(&mut self, element: &usize, next: Option<&usize>) {
            self.moved += 1;
            self.order.retain(|other| other != element);
            let at = next.map_or(self.order.len(), |next| {
                self.order.iter().position(|other| other == next).expect("the next is there")
            });
            self.order.insert(at, *element);
        }

        fn take(&mut self, element: &mut usize) {
            self.order.retain(|other| *other != *element);
        }
    }

    /// Turns a pool, and holds the document to its order.
    fn turn(pool: &mut Pool<usize>, document: &mut Document, wanted: &[usize]) {
        let before: Vec<(usize, usize)> = pool.shown.clone();
        pool.turn(wanted, document);
        let shown: Vec<usize> = pool.shown.iter().map(|(index, _)| *index).collect();
        assert_eq!(shown, wanted);
        let elements: Vec<usize> = pool.shown.iter().map(|(_, element)| *element).collect();
        assert_eq!(document.order, elements, "in the document as in the matrix");
        for stays in before.iter().filter(|(index, _)| wanted.contains(index)) {
            assert!(pool.shown.contains(stays), "what is in sight stays the element that it is");
        }
    }

    fn range(range: std::ops::Range<usize>) -> Vec<usize> {
        range.collect()
    }

    #[test]
    fn scrolling_makes_nothing_and_moves_what_comes() {
        let (mut pool, mut document) = (Pool::default(), Document::default());
        turn(&mut pool, &mut document, &range(0..50));
        assert_eq!((document.made, document.moved), (50, 50));
        for start in [3, 6, 4, 0, 40, 45, 41] {
            turn(&mut pool, &mut document, &range(start..start + 50));
        }
        assert_eq!((document.made, document.moved), (50, 50 + 3 + 3 + 2 + 4 + 40 + 5 + 4));
    }

    #[test]
    fn a_leap_moves_nothing_at_all() {
        let (mut pool, mut document) = (Pool::default(), Document::default());
        turn(&mut pool, &mut document, &range(0..50));
        turn(&mut pool, &mut document, &range(900..950));
        assert_eq!((document.made, document.moved), (50, 50));
        turn(&mut pool, &mut document, &range(10..62));
        assert_eq!((document.made, document.moved), (52, 52), "two more");
    }

    #[test]
    fn the_row_of_the_keyboard_stays_at_either_end() {
        let (mut pool, mut document) = (Pool::default(), Document::default());
        turn(&mut pool, &mut document, &range(0..20));
        let element = pool.shown[7].1;
        for start in [5, 9, 30, 200, 3, 0] {
            let mut wanted = range(start..start + 20);
            wanted.extend((!wanted.contains(&7)).then_some(7));
            wanted.sort_unstable();
            turn(&mut pool, &mut document, &wanted);
            assert!(pool.shown.contains(&(7, element)));
        }
        assert_eq!(document.made, 21);
    }

    #[test]
    fn what_is_too_much_comes_back() {
        let (mut pool, mut document) = (Pool::default(), Document::default());
        turn(&mut pool, &mut document, &range(0..20));
        turn(&mut pool, &mut document, &range(2..6));
        turn(&mut pool, &mut document, &[]);
        turn(&mut pool, &mut document, &range(4..24));
        assert_eq!((document.made, pool.spare.len()), (20, 0));
    }
}
