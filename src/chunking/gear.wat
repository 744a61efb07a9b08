;; The chunker's search for a cut, as gear.ts has it: scan() there says what this does. spec/03-block.md#chunks
;;
;; `npm run generate` assembles this file into generated/gear-wasm-bytes.ts.
;;
;; Memory, one page that never grows:
;;   0      gear[b] of each byte value b, 256 × u32, little-endian; gear-wasm.ts writes it at the start
;;   1024   the bytes to search, as gear-wasm.ts lays them there
;;
;; Position p stands before the byte at address p. H(p + 1) = (H(p) << 1) + gear[byte p], and what stands more than 32 bytes
;; before p has been shifted out.
(module
  (memory (export "memory") 1 1)

  ;; The smallest position p from $first to $last for which H(p) has no bit of $mask set; -1 when there is none.
  ;; $first is not above $last, and the 32 bytes before $first are there.
  (func (export "scan") (param $first i32) (param $last i32) (param $mask i32) (result i32)
    (local $at i32) (local $hash i32)
    (local $before i32) ;; H at the start of the turn
    (local $lastTurn i32) ;; the last position at which sixteen more may be tried
    (local $gear i32)

    ;; H($first)
    (local.set $at (i32.sub (local.get $first) (i32.const 32)))
    (loop $prime
      (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 1)) (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $prime (i32.lt_u (local.get $at) (local.get $first))))
    (if (i32.eqz (i32.and (local.get $hash) (local.get $mask))) (then (return (local.get $at))))

    ;; Sixteen positions a turn, two at a time: H of the second is made from H before both, so that the processor waits for one
    ;; step in two. A turn that meets a cut is left, and gone through again below.
    (local.set $lastTurn (i32.sub (local.get $last) (i32.const 16)))
    (block $near
      (loop $turn
        (local.set $before (local.get $hash))
        (br_if $near (i32.gt_s (local.get $at) (local.get $lastTurn)))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=0 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=1 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=2 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=3 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=4 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=5 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=6 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=7 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=8 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=9 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=10 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=11 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=12 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=13 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $gear (i32.load (i32.shl (i32.load8_u offset=14 (local.get $at)) (i32.const 2))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (i32.add (i32.shl (local.get $hash) (i32.const 1)) (local.get $gear)))))
        (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 2)) (i32.add (i32.shl (local.get $gear) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u offset=15 (local.get $at)) (i32.const 2))))))
        (br_if $near (i32.eqz (i32.and (local.get $mask) (local.get $hash))))

        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $turn)))

    ;; One position at a time: to the cut that is near, or the last few bytes.
    (local.set $hash (local.get $before))
    (loop $step
      (if (i32.ge_s (local.get $at) (local.get $last)) (then (return (i32.const -1))))
      (local.set $hash (i32.add (i32.shl (local.get $hash) (i32.const 1)) (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $step (i32.and (local.get $hash) (local.get $mask))))
    (local.get $at)))
