;; Strings from one component's memory into another's, for the nine pairs of encodings. For each pair of widths of addresses
;; the build makes two modules of this text: lines that begin with @multi go into the one that imports both memories, lines
;; that begin with @foreign into the one that imports the source's only and reaches the other by the functions of accessor.wat.
;;
;; S is the type of the source's addresses and lengths, D that of the copy's; in between lengths are i32. What S.of and D.of
;; enclose becomes an S or D of an i32, and what i32.of-S and i64.of-S enclose is made of one; where the types are the same,
;; these are nothing. N is what memory.copy counts in.
;;
;; Each export takes the string's address and its length, tagged as the source's encoding wants, and returns the same of
;; its copy. Validity, limits and the order of reallocs are the specification's: `load_string_from_range`,
;; `store_string_into_range`. Words in braces are numbers of trap codes and limits.
(module $tidegate
  (import "src" "memory" (memory $src S 0))
@multi (import "dst" "memory" (memory $dst D 0))
@foreign (import "dst" "pages" (func $dst.pages (result D)))
@foreign (import "dst" "load8" (func $dst.load8 (param D) (result i32)))
@foreign (import "dst" "store8" (func $dst.store8 (param D i32)))
@foreign (import "dst" "store16" (func $dst.store16 (param D i32)))
@foreign (import "dst" "store64" (func $dst.store64 (param D i64)))
@foreign (import "dst" "write" (func $dst.write (param D i64 i64 i64 i64 i64 i64 i64 i64)))
  (import "dst" "realloc" (func $realloc (param D D D D) (result D)))
  (import "host" "trap" (func $trap (param i32)))

  ;; All code points that $write16 has written, or-ed.
  (global $seen (mut i32) (i32.const 0))

  (func $utf8-utf8 (export "utf8-utf8") (param $p S) (param $units S) (result D D)
    (local $d D) (local $n i32)
    (call $validate (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 0) (i32.const 0)))
    (local.set $d (call $alloc (D.const 0) (i32.const 0) (i32.const 1) (local.tee $n (i32.of-S (local.get $units)))))
    (dst.copy (local.get $d) (local.get $p) (N.of (local.get $n)))
    (local.get $d) (D.of (local.get $n)))
  (func $utf8-utf16 (export "utf8-utf16") (param $p S) (param $units S) (result D D)
    (call $to-utf16 (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 0) (i32.const 0))
      (i32.of-S (local.get $units)) (i32.const 0)))
  (func $utf8-compact (export "utf8-compact") (param $p S) (param $units S) (result D D)
    (call $to-compact (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 0) (i32.const 0))
      (i32.of-S (local.get $units)) (i32.const 0)))
  (func $utf16-utf8 (export "utf16-utf8") (param $p S) (param $units S) (result D D)
    (call $to-utf8 (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 1) (i32.const 1))
      (i32.of-S (local.get $units)) (i32.const 1)))
  (func $utf16-utf16 (export "utf16-utf16") (param $p S) (param $units S) (result D D)
    (call $to-utf16 (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 1) (i32.const 1))
      (i32.of-S (local.get $units)) (i32.const 1)))
  (func $utf16-compact (export "utf16-compact") (param $p S) (param $units S) (result D D)
    (call $to-compact (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 1) (i32.const 1))
      (i32.of-S (local.get $units)) (i32.const 1)))
  (func $compact-utf8 (export "compact-utf8") (param $p S) (param $units S) (result D D)
    (if (S.lt_s (local.get $units) (S.const 0))
      (then (return (call $utf16-utf8 (local.get $p) (S.xor (local.get $units) (S.const TAG-S))))))
    (call $to-utf8 (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 0) (i32.const 1))
      (i32.of-S (local.get $units)) (i32.const 2)))
  (func $compact-utf16 (export "compact-utf16") (param $p S) (param $units S) (result D D)
    (if (S.lt_s (local.get $units) (S.const 0))
      (then (return (call $utf16-utf16 (local.get $p) (S.xor (local.get $units) (S.const TAG-S))))))
    (call $to-utf16 (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 0) (i32.const 1))
      (i32.of-S (local.get $units)) (i32.const 2)))
  (func $compact-compact (export "compact-compact") (param $p S) (param $units S) (result D D)
    (if (S.lt_s (local.get $units) (S.const 0))
      (then (return (call $narrow (local.get $p) (S.xor (local.get $units) (S.const TAG-S))))))
    (call $to-compact (local.get $p) (call $range (local.get $p) (local.get $units) (i32.const 0) (i32.const 1))
      (i32.of-S (local.get $units)) (i32.const 2)))

  ;; In what follows $p and $n are what is left of the source, in bytes; $units is its whole length in code units and $enc its
  ;; encoding: 0 utf8, 1 utf16, 2 latin1. $d is the copy, $o the bytes written, $size what it was last allocated with.

  (func $to-utf8 (param $p S) (param $n i32) (param $units i32) (param $enc i32) (result D D)
    (local $d D) (local $o i32) (local $size i32) (local $c i32) (local $k i32) (local $at D)
    (local.set $d (call $alloc (D.const 0) (i32.const 0) (i32.const 1) (local.tee $size (local.get $units))))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (call $next (local.get $p) (local.get $n) (local.get $enc)) (local.set $k) (local.set $c)
        (local.set $p (S.add (local.get $p) (S.of (local.get $k))))
        (local.set $n (i32.sub (local.get $n) (local.get $k)))
        (if (i32.lt_u (local.get $c) (i32.const 0x80))
          (then
            (dst.store8 (D.add (local.get $d) (D.of (local.get $o))) (local.get $c))
            (local.set $o (i32.add (local.get $o) (i32.const 1)))
            (br $again)))
        ;; The first that is not ASCII: room for the worst case, 3 bytes for a unit of utf16, 2 for one of latin1.
        (if (i32.eq (local.get $size) (local.get $units))
          (then
            (local.set $size (i32.mul (local.get $units) (i32.sub (i32.const 4) (local.get $enc))))
            (local.set $d (call $alloc (local.get $d) (local.get $units) (i32.const 1) (local.get $size)))))
        (local.set $at (D.add (local.get $d) (D.of (local.get $o))))
        (if (i32.lt_u (local.get $c) (i32.const 0x800))
          (then
            (dst.store8 (local.get $at)
              (i32.or (i32.const 0xc0) (i32.shr_u (local.get $c) (i32.const 6))))
            (local.set $k (i32.const 1)))
          (else
            (if (i32.lt_u (local.get $c) (i32.const 0x10000))
              (then
                (dst.store8 (local.get $at)
                  (i32.or (i32.const 0xe0) (i32.shr_u (local.get $c) (i32.const 12))))
                (local.set $k (i32.const 2)))
              (else
                (dst.store8 (local.get $at)
                  (i32.or (i32.const 0xf0) (i32.shr_u (local.get $c) (i32.const 18))))
                (dst.store8 (D.add (local.get $at) (D.const 1))
                  (call $tail (i32.shr_u (local.get $c) (i32.const 12))))
                (local.set $k (i32.const 3))))
            (dst.store8 (D.sub (D.add (local.get $at) (D.of (local.get $k))) (D.const 1))
              (call $tail (i32.shr_u (local.get $c) (i32.const 6))))))
        (dst.store8 (D.add (local.get $at) (D.of (local.get $k))) (call $tail (local.get $c)))
        (local.set $o (i32.add (local.get $o) (i32.add (local.get $k) (i32.const 1))))
        (br $again)))
    (call $shrink (local.get $d) (local.get $size) (i32.const 1) (local.get $o))
    (D.of (local.get $o)))

  ;; A byte after the first one of a character in utf8.
  (func $tail (param $c i32) (result i32)
    (i32.or (i32.const 0x80) (i32.and (local.get $c) (i32.const 0x3f))))

  (func $to-utf16 (param $p S) (param $n i32) (param $units i32) (param $enc i32) (result D D)
    (local $d D) (local $o i32) (local $size i32)
    (local.set $size (i32.shl (local.get $units) (i32.const 1)))
    (local.set $d (call $alloc (D.const 0) (i32.const 0) (i32.const 2) (local.get $size)))
    (local.set $o
      (call $write16 (local.get $p) (local.get $n) (local.get $enc) (local.get $d) (i32.const 0)))
    (call $shrink (local.get $d) (local.get $size) (i32.const 2) (local.get $o))
    (D.of (i32.shr_u (local.get $o) (i32.const 1))))

  ;; As latin1 until a character needs more, then all of it as utf16.
  (func $to-compact (param $p S) (param $n i32) (param $units i32) (param $enc i32) (result D D)
    (local $d D) (local $o i32) (local $size i32) (local $c i32) (local $k i32)
    (local.set $d (call $alloc (D.const 0) (i32.const 0) (i32.const 2) (local.get $units)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (call $next (local.get $p) (local.get $n) (local.get $enc)) (local.set $k) (local.set $c)
        (if (i32.gt_u (local.get $c) (i32.const 0xff))
          (then
            (local.set $size (i32.shl (local.get $units) (i32.const 1)))
            (local.set $d (call $alloc (local.get $d) (local.get $units) (i32.const 2) (local.get $size)))
            ;; From the last on, so that none is overwritten before it is read.
            (local.set $k (local.get $o))
            (block $inflated
              (loop $inflate
                (br_if $inflated (i32.eqz (local.get $k)))
                (local.set $k (i32.sub (local.get $k) (i32.const 1)))
                (dst.store16 (D.add (local.get $d) (D.of (i32.shl (local.get $k) (i32.const 1))))
                  (dst.load8 (D.add (local.get $d) (D.of (local.get $k)))))
                (br $inflate)))
            (local.set $o (call $write16 (local.get $p) (local.get $n) (local.get $enc) (local.get $d)
              (i32.shl (local.get $o) (i32.const 1))))
            (call $shrink (local.get $d) (local.get $size) (i32.const 2) (local.get $o))
            (return (D.or (D.const TAG-D) (D.of (i32.shr_u (local.get $o) (i32.const 1)))))))
        (dst.store8 (D.add (local.get $d) (D.of (local.get $o))) (local.get $c))
        (local.set $o (i32.add (local.get $o) (i32.const 1)))
        (local.set $p (S.add (local.get $p) (S.of (local.get $k))))
        (local.set $n (i32.sub (local.get $n) (local.get $k)))
        (br $again)))
    (call $shrink (local.get $d) (local.get $units) (i32.const 2) (local.get $o))
    (D.of (local.get $o)))

  ;; What is utf16 where it could have been latin1 becomes latin1. Spec: `store_probably_utf16_to_latin1_or_utf16`.
  (func $narrow (param $p S) (param $tagged S) (result D D)
    (local $d D) (local $units i32) (local $size i32) (local $i i32)
    (local.set $size (call $range (local.get $p) (local.get $tagged) (i32.const 1) (i32.const 1)))
    (local.set $units (i32.shr_u (local.get $size) (i32.const 1)))
    (local.set $d (call $alloc (D.const 0) (i32.const 0) (i32.const 2) (local.get $size)))
    (global.set $seen (i32.const 0))
    (drop (call $write16 (local.get $p) (local.get $size) (i32.const 1) (local.get $d) (i32.const 0)))
    (if (i32.gt_u (global.get $seen) (i32.const 0xff))
      (then (return (local.get $d) (D.or (D.const TAG-D) (D.of (local.get $units))))))
    (block $done
      (loop $again
        (br_if $done (i32.eq (local.get $i) (local.get $units)))
        (dst.store8 (D.add (local.get $d) (D.of (local.get $i)))
          (dst.load8 (D.add (local.get $d) (D.of (i32.shl (local.get $i) (i32.const 1))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    ;; The text says alignment 1 here, and 2 at every other realloc for this encoding (WebAssembly/component-model#54, #61). An
    ;; allocator must not be told another alignment than before; Wasmtime says 2.
    (call $alloc (local.get $d) (local.get $size) (i32.const 2) (local.get $units))
    (D.of (local.get $units)))

  ;; Writes the source as utf16; returns the bytes that are written then.
  (func $write16 (param $p S) (param $n i32) (param $enc i32) (param $d D) (param $o i32) (result i32)
    (local $c i32) (local $k i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (call $next (local.get $p) (local.get $n) (local.get $enc)) (local.set $k) (local.set $c)
        (local.set $p (S.add (local.get $p) (S.of (local.get $k))))
        (local.set $n (i32.sub (local.get $n) (local.get $k)))
        (global.set $seen (i32.or (global.get $seen) (local.get $c)))
        (if (i32.gt_u (local.get $c) (i32.const 0xffff))
          (then
            (dst.store16 (D.add (local.get $d) (D.of (local.get $o)))
              (i32.add (i32.const 0xd7c0) (i32.shr_u (local.get $c) (i32.const 10))))
            (local.set $o (i32.add (local.get $o) (i32.const 2)))
            (local.set $c (i32.or (i32.const 0xdc00) (i32.and (local.get $c) (i32.const 0x3ff))))))
        (dst.store16 (D.add (local.get $d) (D.of (local.get $o))) (local.get $c))
        (local.set $o (i32.add (local.get $o) (i32.const 2)))
        (br $again)))
    (local.get $o))

  ;; Traps unless the $n bytes at $p are utf8.
  (func $validate (param $p S) (param $n i32)
    (local $k i32)
    (loop $again
      (block $other
        (loop $ascii
          (br_if $other (i32.lt_u (local.get $n) (i32.const 8)))
          (br_if $other (i32.eqz (i64.eqz
            (i64.and (i64.load align=1 (local.get $p)) (i64.const 0x8080808080808080)))))
          (local.set $p (S.add (local.get $p) (S.const 8)))
          (local.set $n (i32.sub (local.get $n) (i32.const 8)))
          (br $ascii)))
      (if (local.get $n)
        (then
          (call $next (local.get $p) (local.get $n) (i32.const 0)) (local.set $k) (drop)
          (local.set $p (S.add (local.get $p) (S.of (local.get $k))))
          (local.set $n (i32.sub (local.get $n) (local.get $k)))
          (br $again)))))

  ;; The first code point of the source, and its bytes.
  (func $next (param $p S) (param $n i32) (param $enc i32) (result i32 i32)
    (local $c i32) (local $d i32)
    (if (i32.eq (local.get $enc) (i32.const 1))
      (then
        (local.set $c (i32.load16_u (local.get $p)))
        (if (i32.ne (i32.and (local.get $c) (i32.const 0xf800)) (i32.const 0xd800))
          (then (return (local.get $c) (i32.const 2))))
        (call $valid (i32.and (i32.lt_u (local.get $c) (i32.const 0xdc00))
          (i32.gt_u (local.get $n) (i32.const 2))))
        (local.set $d (i32.load16_u offset=2 (local.get $p)))
        (call $valid (i32.eq (i32.and (local.get $d) (i32.const 0xfc00)) (i32.const 0xdc00)))
        ;; 0x10000 + (c - 0xd800) * 0x400 + (d - 0xdc00)
        (return
          (i32.add (i32.add (i32.shl (local.get $c) (i32.const 10)) (local.get $d)) (i32.const 0xfca02400))
          (i32.const 4))))
    (local.set $c (i32.load8_u (local.get $p)))
    (if (i32.or (i32.lt_u (local.get $c) (i32.const 0x80)) (local.get $enc))
      (then (return (local.get $c) (i32.const 1))))
    ;; Bytes that begin characters of several: 0xc2 to 0xf4.
    (call $valid (i32.lt_u (i32.sub (local.get $c) (i32.const 0xc2)) (i32.const 0x33)))
    (local.set $d (call $more (local.get $p) (local.get $n) (i32.const 1)))
    (if (i32.lt_u (local.get $c) (i32.const 0xe0))
      (then (return
        (i32.or (i32.shl (i32.and (local.get $c) (i32.const 0x1f)) (i32.const 6)) (local.get $d))
        (i32.const 2))))
    (local.set $d (i32.or (i32.shl (local.get $d) (i32.const 6))
      (call $more (local.get $p) (local.get $n) (i32.const 2))))
    (if (i32.lt_u (local.get $c) (i32.const 0xf0))
      (then
        (local.set $c (i32.or (i32.shl (i32.and (local.get $c) (i32.const 0x0f)) (i32.const 12)) (local.get $d)))
        (call $valid (i32.and (i32.gt_u (local.get $c) (i32.const 0x7ff))
          (i32.ne (i32.and (local.get $c) (i32.const 0xf800)) (i32.const 0xd800))))
        (return (local.get $c) (i32.const 3))))
    (local.set $c (i32.or (i32.shl (i32.and (local.get $c) (i32.const 0x07)) (i32.const 18))
      (i32.or (i32.shl (local.get $d) (i32.const 6)) (call $more (local.get $p) (local.get $n) (i32.const 3)))))
    (call $valid (i32.lt_u (i32.sub (local.get $c) (i32.const 0x10000)) (i32.const 0x100000)))
    (local.get $c) (i32.const 4))

  ;; The six bits of byte $i of a character in utf8.
  (func $more (param $p S) (param $n i32) (param $i i32) (result i32)
    (call $valid (i32.gt_u (local.get $n) (local.get $i)))
    (local.set $i (i32.load8_u (S.add (local.get $p) (S.of (local.get $i)))))
    (call $valid (i32.eq (i32.and (local.get $i) (i32.const 0xc0)) (i32.const 0x80)))
    (i32.and (local.get $i) (i32.const 0x3f)))

  (func $valid (param $is i32)
    (if (i32.eqz (local.get $is)) (then (call $fail (i32.const {invalid-string})))))

  ;; Checks the source: $units of 1 << $shift bytes; returns its bytes.
  (func $range (param $p S) (param $units S) (param $shift i32) (param $mask i32) (result i32)
    (local $size i32)
    (if (S.gt_u (local.get $units) (S.of (i32.shr_u (i32.const {max-string-byte-length}) (local.get $shift))))
      (then (call $fail (i32.const {too-long}))))
    (call $check (i64.of-S (local.get $p)) (local.get $mask)
      (local.tee $size (i32.shl (i32.of-S (local.get $units)) (local.get $shift)))
      (i64.of-S (memory.size $src)))
    (local.get $size))

  ;; The final realloc, when less was needed.
  (func $shrink (param $d D) (param $size i32) (param $align i32) (param $o i32) (result D)
    (if (result D) (i32.eq (local.get $size) (local.get $o))
      (then (local.get $d))
      (else (call $alloc (local.get $d) (local.get $size) (local.get $align) (local.get $o)))))

  (func $alloc (param $old D) (param $old-size i32) (param $align i32) (param $size i32) (result D)
    (local.set $old
      (call $realloc (local.get $old) (D.of (local.get $old-size)) (D.of (local.get $align))
        (D.of (local.get $size))))
    (call $check (i64.of-D (local.get $old)) (i32.sub (local.get $align) (i32.const 1)) (local.get $size)
      (i64.of-D (dst.pages)))
    (local.get $old))

  ;; Traps unless a range is aligned and in a memory of $end pages.
  (func $check (param $p i64) (param $mask i32) (param $size i32) (param $end i64)
    (if (i32.and (i32.wrap_i64 (local.get $p)) (local.get $mask))
      (then (call $fail (i32.const {unaligned-pointer}))))
    (local.set $end (i64.shl (local.get $end) (i64.const 16)))
    (if (i32.or
          (i64.gt_u (local.get $p) (local.get $end))
          (i64.lt_u (i64.sub (local.get $end) (local.get $p)) (i64.extend_i32_u (local.get $size))))
      (then (call $fail (i32.const {out-of-bounds})))))

  (func $fail (param $code i32)
    (call $trap (local.get $code))
    (unreachable))

  ;; $n bytes from the source to the other memory; both ranges have been checked.
@foreign (func $dst.copy (export "copy") (param $d D) (param $s S) (param $n i32)
@foreign   (block $tail
@foreign     (loop $again
@foreign       (br_if $tail (i32.lt_u (local.get $n) (i32.const 64)))
@foreign       (call $dst.write (local.get $d)
@foreign         (i64.load align=1 (local.get $s)) (i64.load offset=8 align=1 (local.get $s))
@foreign         (i64.load offset=16 align=1 (local.get $s)) (i64.load offset=24 align=1 (local.get $s))
@foreign         (i64.load offset=32 align=1 (local.get $s)) (i64.load offset=40 align=1 (local.get $s))
@foreign         (i64.load offset=48 align=1 (local.get $s)) (i64.load offset=56 align=1 (local.get $s)))
@foreign       (local.set $d (D.add (local.get $d) (D.const 64)))
@foreign       (local.set $s (S.add (local.get $s) (S.const 64)))
@foreign       (local.set $n (i32.sub (local.get $n) (i32.const 64)))
@foreign       (br $again)))
@foreign   (block $bytes
@foreign     (loop $again
@foreign       (br_if $bytes (i32.lt_u (local.get $n) (i32.const 8)))
@foreign       (call $dst.store64 (local.get $d) (i64.load align=1 (local.get $s)))
@foreign       (local.set $d (D.add (local.get $d) (D.const 8)))
@foreign       (local.set $s (S.add (local.get $s) (S.const 8)))
@foreign       (local.set $n (i32.sub (local.get $n) (i32.const 8)))
@foreign       (br $again)))
@foreign   (block $done
@foreign     (loop $again
@foreign       (br_if $done (i32.eqz (local.get $n)))
@foreign       (call $dst.store8 (local.get $d) (i32.load8_u (local.get $s)))
@foreign       (local.set $d (D.add (local.get $d) (D.const 1)))
@foreign       (local.set $s (S.add (local.get $s) (S.const 1)))
@foreign       (local.set $n (i32.sub (local.get $n) (i32.const 1)))
@foreign       (br $again))))
)
