;; SPDX-License-Identifier: MIT
;; trees.scm - old vectors and hash tables that take up young objects.

(define size 20000)
(define old (make-vector size '()))
(define table (make-hash-table))

(define (next seed) (modulo (+ (* seed 1103515245) 12345) 2147483648))

(define (tree depth)
  (if (= depth 0) (list 1) (cons (tree (- depth 1)) (tree (- depth 1)))))

(define (leaves tree)
  (cond ((null? tree) 0)
        ((pair? tree) (+ (leaves (car tree)) (leaves (cdr tree))))
        (else 1)))

(let loop ((i 0) (seed 42))
  (when (< i 120000)
    (let ((at (modulo (quotient seed 64) size)))
      (vector-set! old at (tree (modulo i 4)))
      (hash-set! table at (number->string seed))
      (loop (+ i 1) (next seed)))))

(display (let sum ((i 0) (total 0))
           (if (= i size) total (sum (+ i 1) (+ total (leaves (vector-ref old i)))))))
(newline)
(display (hash-fold (lambda (key value total) (+ total (* key (string->number value))))
                    0 table))
(newline)
