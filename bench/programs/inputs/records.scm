;; SPDX-License-Identifier: MIT
;;
;; records.scm - a program in Guile that allocates: a table of records stays alive,
;; lists are built and dropped, and now and then a record of the table is replaced.
;; Prints a checksum that depends on nothing but this file and BENCH_QUICK, which the suite
;; sets for --quick.

(define table-size 400000)
(define rounds (if (equal? (getenv "BENCH_QUICK") "1") 60 180))
(define list-length 6000)
(define replaced-per-round 120)

(define state 1)

;; Parameters that keep every product a fixnum.
(define (random-below bound)
  (set! state (modulo (+ (* state 1103515245) 12345) 2147483648))
  (modulo (quotient state 8) bound))

(define (make-record-of number)
  (cons number (list number (* 2 number) (number->string number))))

(define (record-sum record)
  (+ (car record) (cadr record) (caddr record) (string-length (cadddr record))))

(define table
  (let ((table (make-vector table-size #f)))
    (do ((i 0 (+ i 1)))
        ((= i table-size) table)
      (vector-set! table i (make-record-of i)))))

(define (churn)
  (let ((records (map make-record-of (iota list-length (random-below table-size)))))
    (apply + (map record-sum (reverse records)))))

(define (replace-records!)
  (do ((i 0 (+ i 1)))
      ((= i replaced-per-round))
    (vector-set! table (random-below table-size)
                 (make-record-of (random-below table-size)))))

(define (table-sum)
  (do ((i 0 (+ i 1))
       (sum 0 (modulo (+ (* 31 sum) (record-sum (vector-ref table i))) 1000000007)))
      ((= i table-size) sum)))

(do ((round 0 (+ round 1))
     (sum 0 (modulo (+ sum (churn)) 1000000007)))
    ((= round rounds)
     (display "checksum ")
     (display (modulo (+ sum (table-sum)) 1000000007))
     (newline))
  (replace-records!))
