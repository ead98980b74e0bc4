//! WebAssembly's memory, had in large pieces: Rust's allocator asks for 64 KiB whenever it has none left, and each time the
//! engine may look for garbage in all of its own memory.

use std::cell::Cell;
use std::hint::black_box;

/// Bytes that a byte of text needs at least, where it needs least: in long lists of live objects.
const OF_TEXT: usize = 4;

/// Never more at once for a text.
pub(crate) const MOST_FOR_TEXT: usize = 256 << 20;

/// The memory that is had beside what there is: a part of it, and these bytes at least and at most.
const PART: usize = 2;
pub(crate) const LEAST: usize = 8 << 20;
const MOST: usize = 64 << 20;

const PAGE: usize = 64 << 10;

thread_local! {
    /// The bytes of memory after the last time that there was more.
    static KNOWN: Cell<usize> = const { Cell::new(0) };
}

/// Makes room for what becomes of a text of so many bytes.
pub fn make_room_for(text: usize) {
    reserve(text.saturating_mul(OF_TEXT).saturating_sub(size()).min(MOST_FOR_TEXT));
}

/// Makes more room where what there was is used up. Cheap: called in the midst of long work, again and again.
pub fn make_room() {
    if size() > KNOWN.get() {
        reserve((size() / PART).clamp(LEAST, MOST));
    }
}

/// Has the allocator get memory that it keeps when it is given back at once: WebAssembly's never shrinks. Where there is none, what
/// needs it will say so.
fn reserve(bytes: usize) {
    let mut room = Vec::<u8>::new();
    if room.try_reserve_exact(bytes).is_ok() {
        black_box(&room);
    }
    drop(room);
    KNOWN.set(size());
}

/// The bytes of memory.
pub fn size() -> usize {
    core::arch::wasm32::memory_size::<0>() * PAGE
}
