//! The state machine compiled to wasm, in a browser: a task with a callback that waits for a stream.

#![cfg(target_arch = "wasm32")]

mod common;

use std::rc::Rc;

use common::*;
use tidegate_runtime::{EndKind, Side};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_callback_task_reads_a_stream_of_the_host() {
    let (mut world, inst, ty) = one_instance();
    let (r, w) = world.host_ends(EndKind::Stream, ty);
    let h = world.lower_end(inst, ty, r);
    let at = end(EndKind::Stream, Side::Readable, inst, ty, h);
    let set = world.set_new(inst);
    let slot = world.callback(move |world, event| {
        assert_eq!(event, [STREAM_READ, h.0, completed(3)]);
        assert_eq!(world.get(inst, 64, 3), [1, 2, 3]);
        world.drop_end(at).expect("it is at rest");
        world.task_return(inst).expect("the key is right");
        EXIT
    });
    let call = world.call(
        inst,
        slot,
        Rc::new(move |world| {
            world.join(inst, h, set);
            assert_eq!(world.copy_end(at, 64, 8), BLOCKS);
            wait(set)
        }),
    );
    assert_eq!(world.ends[&w].pulls, [8]);
    assert_eq!(world.drain(), 0);
    world.ends.entry(w).or_default().source.extend([1, 2, 3]);
    assert_eq!(world.host_write(w, 3), Ok(completed(3)));
    assert_eq!(world.drain(), 2);
    assert_eq!(world.state(call), CallState::Returned);
    assert_eq!(world.ends[&w].events, [dropped(0)]);
}
