//! What the standard library gives otherwise, for the wasm file that is shipped: an allocator, and the end of a panic.
//!
//! Neither says why: texts and what formats them would be a part of the file that nobody reads. A panic is a fault of ours, and memory ends beyond
//! any limit of a store; the host sees a `RuntimeError` in the runtime's module.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::unreachable;
use core::panic::PanicInfo;

use talc::cell::TalcSyncCell;
use talc::wasm::{WasmBinning, WasmGrowAndClaim};

/// Never answers null, so that nothing is kept that handles it.
struct Allocator(TalcSyncCell<WasmGrowAndClaim, WasmBinning>);

// SAFETY: it is the inner allocator but for what does not return.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the same.
        or_end(unsafe { self.0.alloc(layout) })
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: likewise.
        or_end(unsafe { self.0.realloc(ptr, layout, new_size) })
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: likewise.
        unsafe { self.0.dealloc(ptr, layout) }
    }
}

fn or_end(ptr: *mut u8) -> *mut u8 {
    match ptr.is_null() {
        true => unreachable(),
        false => ptr,
    }
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(TalcSyncCell::new_wasm(WasmGrowAndClaim));

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unreachable()
}
