//! Forwarding: two ends are joined past the guest that held the others.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::*;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{EndId, EndKind, EndRef, Handle, InstanceId, Side, TypeId};

/// `a` writes, `m` forwards, `b` reads: the ends of `a`, of `m` and of `b`.
struct Line {
    world: World,
    m: InstanceId,
    writer: EndRef,
    source: EndRef,
    target: EndRef,
    reader: EndRef,
}

fn line(kind: EndKind) -> Line {
    let (mut world, m, ty) = one_instance();
    let [a, b] = [0, 1].map(|_| world.store.instance_new());
    let both = |world: &mut World, inst| {
        let (r, w) = world.new_ends(kind, inst, ty);
        [(Side::Readable, r), (Side::Writable, w)].map(|(side, h)| end(kind, side, inst, ty, h))
    };
    let [r1, writer] = both(&mut world, a);
    let [r2, target] = both(&mut world, m);
    let source = moved(&mut world, r1, m);
    let reader = moved(&mut world, r2, b);
    Line {
        world,
        m,
        writer,
        source,
        target,
        reader,
    }
}

fn moved(world: &mut World, at: EndRef, to: InstanceId) -> EndRef {
    let outcome = world.store.transfer_end(at, to);
    let h = Handle(world.ok32(outcome));
    EndRef { inst: to, h, ..at }
}

fn forward(world: &mut World, source: EndRef, target: EndRef) -> Result<u64, TrapCode> {
    let outcome = world.store.end_forward(source, target.h);
    world.perform(outcome)
}

/// An event of an end that is put into a set for it.
fn event(world: &mut World, at: EndRef) -> [u32; 3] {
    let set = world.set_new(at.inst);
    world.join(at.inst, at.h, set);
    let event = world.poll(at.inst, set);
    world.join(at.inst, at.h, Handle(0));
    event
}

#[test]
fn what_comes_after_goes_past() {
    let mut line = line(EndKind::Stream);
    let world = &mut line.world;
    assert_eq!(forward(world, line.source, line.target), Ok(0));
    assert_eq!(world.copy_end(line.reader, 0, 3), BLOCKS);
    assert_eq!(world.write_tokens(line.writer, 9, &[5, 6]), completed(2));
    assert_eq!(
        event(world, line.reader),
        [STREAM_READ, line.reader.h.0, completed(2)]
    );
    assert_eq!(world.get(line.reader.inst, 0, 2), [5, 6]);
    for at in [line.source, line.target] {
        assert_eq!(world.drop_end(at), Err(TrapCode::UnknownHandle));
    }
    world.drop_end(line.writer).expect("it is at rest");
    assert_eq!(
        event(world, line.reader),
        [STREAM_READ, line.reader.h.0, dropped(0)]
    );
}

#[test]
fn operations_that_stand_on_both_sides_meet() {
    for (offered, wanted) in [(2, 3), (3, 2), (2, 2)] {
        let mut line = line(EndKind::Stream);
        let world = &mut line.world;
        let tokens: Vec<u32> = (0..offered).collect();
        assert_eq!(world.write_tokens(line.writer, 9, &tokens), BLOCKS);
        assert_eq!(world.copy_end(line.reader, 0, wanted), BLOCKS);
        assert_eq!(forward(world, line.source, line.target), Ok(0));
        let n = offered.min(wanted);
        for (at, code) in [(line.writer, STREAM_WRITE), (line.reader, STREAM_READ)] {
            assert_eq!(event(world, at), [code, at.h.0, completed(n)]);
        }
        assert_eq!(world.get(line.reader.inst, 0, n), tokens[..n as usize]);
    }
}

#[test]
fn an_operation_of_nothing_is_answered_as_if_it_had_come_later() {
    let mut line = line(EndKind::Stream);
    let world = &mut line.world;
    assert_eq!(world.write_tokens(line.writer, 9, &[]), BLOCKS);
    assert_eq!(world.copy_end(line.reader, 0, 2), BLOCKS);
    assert_eq!(forward(world, line.source, line.target), Ok(0));
    assert_eq!(
        event(world, line.writer),
        [STREAM_WRITE, line.writer.h.0, completed(0)]
    );
    assert_eq!(event(world, line.reader), [0, 0, 0]);
    assert_eq!(world.write_tokens(line.writer, 9, &[1]), completed(1));
}

#[test]
fn both_ends_of_one_stream_are_dropped() {
    let (mut world, inst, ty) = one_instance();
    let (r, w) = stream(&mut world, inst, ty);
    assert_eq!(forward(&mut world, r, w), Ok(0));
    // Their numbers are free again.
    let (r, w) = world.host_ends(EndKind::Stream, ty);
    assert_eq!(r.0.max(w.0), 2);
}

#[test]
fn an_end_that_has_lost_its_other_passes_that_on() {
    let mut line = line(EndKind::Stream);
    let world = &mut line.world;
    assert_eq!(world.copy_end(line.reader, 0, 2), BLOCKS);
    world.drop_end(line.writer).expect("it is at rest");
    assert_eq!(forward(world, line.source, line.target), Ok(0));
    assert_eq!(
        event(world, line.reader),
        [STREAM_READ, line.reader.h.0, dropped(0)]
    );
}

#[test]
fn a_future_is_forwarded_unwritten() {
    let mut line = line(EndKind::Future);
    let world = &mut line.world;
    assert_eq!(world.copy_end(line.reader, 0, 1), BLOCKS);
    assert_eq!(forward(world, line.source, line.target), Ok(0));
    assert_eq!(world.write_tokens(line.writer, 9, &[8]), 0);
    assert_eq!(event(world, line.reader), [FUTURE_READ, line.reader.h.0, 0]);
    assert_eq!(world.get(line.reader.inst, 0, 1), [8]);
}

#[test]
fn only_ends_at_rest_outside_of_sets_are_forwarded() {
    let mut first = line(EndKind::Stream);
    let set = first.world.set_new(first.m);
    first.world.join(first.m, first.source.h, set);
    let trap = forward(&mut first.world, first.source, first.target);
    assert_eq!(trap, Err(TrapCode::EndBusy));
    let mut first = line(EndKind::Stream);
    assert_eq!(first.world.write_tokens(first.target, 0, &[1]), BLOCKS);
    let trap = forward(&mut first.world, first.source, first.target);
    assert_eq!(trap, Err(TrapCode::EndBusy));
    let mut first = line(EndKind::Stream);
    let trap = forward(&mut first.world, first.source, first.source);
    assert_eq!(trap, Err(TrapCode::UnknownHandle));
}

/// The host writes what `m` forwards to a reader of `b`, or of the host.
fn from_host(eager: u32) -> (World, EndRef, EndId, InstanceId, TypeId) {
    let (mut world, m, ty) = one_instance();
    let (r, w) = world.host_ends(EndKind::Stream, ty);
    let h = world.lower_end(m, ty, r);
    let host = world.ends.entry(w).or_default();
    host.source.extend(10..20);
    host.eager = eager;
    let source = end(EndKind::Stream, Side::Readable, m, ty, h);
    (world, source, w, m, ty)
}

#[test]
fn a_read_that_stands_asks_the_host_that_now_writes() {
    for eager in [0, 2] {
        let (mut world, source, w, m, ty) = from_host(eager);
        let b = world.store.instance_new();
        let (r, target) = stream(&mut world, m, ty);
        let reader = moved(&mut world, r, b);
        assert_eq!(world.copy_end(reader, 0, 3), BLOCKS);
        assert_eq!(forward(&mut world, source, target), Ok(0));
        assert_eq!(world.ends[&w].pulls, [3]);
        if eager == 0 {
            assert_eq!(event(&mut world, reader), [0, 0, 0]);
            assert_eq!(world.host_write(w, 2), Ok(completed(2)));
        }
        assert_eq!(
            event(&mut world, reader),
            [STREAM_READ, reader.h.0, completed(2)]
        );
        assert_eq!(world.get(b, 0, 2), [10, 11]);
    }
}

#[test]
fn the_host_may_end_up_at_both_ends() {
    let (mut world, source, w, m, ty) = from_host(0);
    let (r, target) = stream(&mut world, m, ty);
    let reader = world.lift_end(EndKind::Stream, m, ty, r.h);
    assert_eq!(world.host_read(reader, 3), BLOCKS);
    assert_eq!(forward(&mut world, source, target), Ok(0));
    assert_eq!(world.ends[&w].pulls, [3]);
    assert_eq!(world.host_write(w, 2), Ok(completed(2)));
    assert_eq!(world.ends[&reader].read, [10, 11]);
    assert_eq!(world.ends[&reader].copies, 1);
}
