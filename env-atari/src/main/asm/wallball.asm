; Wall Ball: a bat, a ball and five walls of bricks for the Atari 2600 (NTSC).
;
; Written for Jarl. It speaks the memory contract that the Arcade Learning Environment reads in
; Breakout, so that it can be loaded under that name:
;
;     $B2  mode         0, always
;     $B9  lives        5 in a new game, then down to 0: the game is over
;     $CC  score        hundreds in the low nibble
;     $CD  score        tens and ones, binary-coded decimal
;
; Assemble:  dasm wallball.asm -f3 -owallball.bin
;
;
; THE SCREEN, in lines of the kernel (ALE shows line 0 as row 6 of its 210)
;
;       x  12  16                             143 147
;     0                                                2 empty
;     2         840              #   #   #   #        15 the score, balls in reserve
;    17                                                3 empty
;    20     ################################           8 the upper wall
;    28     #                              #          40 free
;    68     # [6 ][6 ][6 ][6 ][6 ][6 ][6 ] #          48 six rows of eight bricks, points as shown;
;           # [..][..][..][..][..][..][..] #             6 lines of brick, 2 lines of mortar
;           # [1 ][1 ][1 ][1 ][1 ][1 ][1 ] #
;   116     #               o              #          60 free
;   176     #           ========           #           6 the bat, 16 wide
;   182     #                              #          10 the pit
;   192
;
; THE OBJECTS
;
;   playfield   walls, bricks, score     P0 x 3, M0 x 3, M1 x 2   the joints beside bricks, black
;   ball        the ball, 4 x 6          P1, double width         the bat
;
; A frame is 3 lines of VSYNC, 37 of VBLANK, 192 of picture and 30 of overscan: 262. The picture is
; counted in WSYNCs; VBLANK and overscan end at a WSYNC that a timer chooses, so that the length of
; what is calculated in them cannot move it.

        processor 6502

; ---- TIA and RIOT -------------------------------------------------------------------------------
VSYNC   = $00
VBLANK  = $01
WSYNC   = $02
NUSIZ0  = $04
NUSIZ1  = $05
COLUP0  = $06
COLUP1  = $07
COLUPF  = $08
COLUBK  = $09
CTRLPF  = $0A
PF0     = $0D
PF1     = $0E
PF2     = $0F
RESP0   = $10
RESP1   = $11
RESM0   = $12
RESM1   = $13
RESBL   = $14
AUDC0   = $15
AUDF0   = $17
AUDV0   = $19
GRP0    = $1B
GRP1    = $1C
ENAM0   = $1D
ENAM1   = $1E
ENABL   = $1F
HMP0    = $20
HMOVE   = $2A
HMCLR   = $2B
INPT4   = $3C           ; read: FIRE in bit 7, 0 when pressed
SWCHA   = $280          ; right in bit 7, left in bit 6, 0 when pressed
SWCHB   = $282          ; RESET in bit 0, 0 when pressed
INTIM   = $284
TIM64T  = $296

; ---- memory -------------------------------------------------------------------------------------
;   $80..$96  the game     $98..$AF  bricks     $B2  mode     $B9  lives     $C0..$C9  score's picture
;   $CC $CD   the score    $F8..$FF  stack      the rest is free
Frame   = $80           ; frames, counted modulo 256
Rnd     = $81           ; generator, two bytes
BallX   = $83           ; left edge, 16..140
BallXf  = $84           ;   and its 256ths
BallY   = $85           ; upper edge, 28..186
BallYf  = $86
VelX    = $87           ; pixels a frame, signed
VelXf   = $88
VelY    = $89           ; lines a frame, signed
VelYf   = $8A
BatX    = $8B           ; left edge, 16..128
Pause   = $8C           ; frames until the ball is served
Hits    = $8D           ; of the bat since the serve
Walls   = $8E           ; cleared in this game
Bricks  = $8F           ; standing in this wall
Sound   = $90           ; frames that the tone lasts
BallCnt = $91           ; kernel: lines until the ball has passed, see NEXTBALL
LineCnt = $92           ; kernel: lines of brick left in this row
Spare1  = $93           ; kernel: balls in reserve as playfield bits
Spare2  = $94
Temp    = $95
; What the playfield shows of row 0 (upper) to 5. A brick is four bits of one of them.
;   columns  0 1   2 3   4 5   6 7
;            RowA  RowB  RowC  RowD
;            PF1   PF2   PF2   PF1     the right half is the left one mirrored
RowA    = $98
RowB    = $9E
RowC    = $A4
RowD    = $AA
Mode    = $B2
Lives   = $B9
Digits1 = $C0           ; hundreds and tens for PF1, rows 0..4
Digits2 = $C5           ; ones for PF2
ScoreHi = $CC
ScoreLo = $CD

; ---- sizes and speeds ---------------------------------------------------------------------------
LEFT    = 16            ; the court, in pixels
RIGHT   = 144
TOP     = 28
WALLY   = 68            ; first line of bricks
WALLH   = 48
BATY    = 176
PITY    = 186           ; the ball is lost when its upper edge is here
BALLW   = 4
BALLH   = 6
BATW    = 16
BATV    = 3             ; pixels a frame
SERVEY  = 120
PAUSE   = 24            ; frames before a ball serves itself
LASTWALL = 4            ; Walls while the fifth stands

GREY    = $0C
GOLD    = $1C
TEAL    = $AC

; Puts into A what ENABL needs on the next line. 14 cycles, changes no register but A.
; BallCnt falls by 1 a line; the ball is on while it is 0..BALLH-1. The carry of the comparison is
; moved to bit 1, which is the one that ENABL looks at: 1+1 = 2, 1+0 = 1.
        MAC NEXTBALL
        dec BallCnt     ; 5
        lda #BALLH-1    ; 2
        cmp BallCnt     ; 3
        lda #1          ; 2
        adc #0          ; 2
        ENDM

        org $F800

; =================================================================================================
; Power on
; =================================================================================================
Start   sei
        cld
        lda INTIM       ; what the memory and the timer hold now is the only thing that differs
        ldx #$7F        ; between two consoles, so it seeds the generator
Noise   sec
        adc $80,x
        ror
        eor INTIM
        dex
        bpl Noise
        tay
        ldx #0
        txa
Clear   sta $00,x       ; all of TIA and memory
        inx
        bne Clear
        dex
        txs
        sty Rnd
        lda #$5A
        sta Rnd+1
        ; The joints, the last two pixels of each column of bricks, never move again: P0 x 3 at 30,
        ; 46, 62; M0 x 3 at 78, 94, 110; M1 x 2 at 126, 142.
        lda #30
        ldx #0
        jsr PosX
        lda #78+1       ; missiles and the ball appear one pixel further left than players
        ldx #2
        jsr PosX
        lda #126+1
        ldx #3
        jsr PosX
        sta WSYNC
        sta HMOVE
        lda #$13        ; three copies, 16 apart; a missile is 2 wide
        sta NUSIZ0
        lda #$04        ; a square wave
        sta AUDC0
        jsr NewGame

; =================================================================================================
; Frame: VSYNC and VBLANK, 3 + 37 lines
; =================================================================================================
NextFrame
        lda #2
        sta WSYNC
        sta VSYNC
        sta VBLANK
        sta WSYNC
        sta WSYNC
        lda #0
        sta WSYNC
        sta VSYNC
        lda #42         ; 42 * 64 cycles are 35.4 lines: over at the 36th WSYNC from here
        sta TIM64T

        sta HMCLR       ; what was positioned once stays
        lda BatX
        sec
        sbc #1          ; players of double width appear one pixel further right
        ldx #1
        jsr PosX
        lda BallX
        clc
        adc #1
        ldx #4
        jsr PosX
        sta WSYNC
        sta HMOVE

        ; Ball: the first line of the kernel that knows it is TOP.
        lda #$FF        ; never
        ldx Lives
        beq NoBall
        lda BallY
        clc
        adc #BALLH-TOP
NoBall  sta BallCnt

        jsr DrawScore
        ldx Lives
        lda Reserve1,x
        sta Spare1
        lda Reserve2,x
        sta Spare2

        lda #$20        ; ball 4 wide, playfield repeated: the score
        sta CTRLPF
        lda #$11        ; M1: two copies, 16 apart, 2 wide
        sta NUSIZ1
        lda #0
        sta COLUP0
        sta COLUP1
        sta COLUBK
        sta PF0

VWait   sta WSYNC
        lda INTIM
        bpl VWait

; =================================================================================================
; Picture, 192 lines
; =================================================================================================
        sta WSYNC
        lda #0
        sta VBLANK      ; line 0
        ldx #0
        ldy #3
        sta WSYNC       ; line 1

; ---- lines 2..16: score and balls in reserve ----------------------------------------------------
ScoreLine
        sta WSYNC
        lda #GOLD       ; 2
        sta COLUPF      ; 5
        lda Digits1,x   ; 9
        sta PF1         ; 12  before 28, where its first pixel is
        lda Digits2,x   ; 16
        sta PF2         ; 19  before 38
        lda Spare1      ; 22
        and Round,x     ; 26
        sta Temp        ; 29
        lda Spare2      ; 32
        and Round,x     ; 36
        sta LineCnt     ; 39
        lda Temp        ; 42
        sta PF1         ; 45  after 39 and before 54: the right half
        lda #GREY       ; 47
        sta COLUPF      ; 50  the digits end at 43
        lda LineCnt     ; 53
        sta PF2         ; 56  after 49 and before 65
        dey
        bne ScoreLine
        ldy #3
        inx
        cpx #5
        bne ScoreLine
        sta WSYNC       ; line 17
        lda #0
        sta PF1
        sta PF2
        lda #$21        ; from here the right half mirrors the left
        sta CTRLPF
        lda #GREY
        sta COLUPF
        ldx #2
Lines1  sta WSYNC       ; lines 18..19
        dex
        bne Lines1

; ---- lines 20..27: upper wall -------------------------------------------------------------------
        lda #$80        ; 16 columns of pixels: the last bit of PF0 is x 12..15 and 144..147
        ldy #$FF
        sta WSYNC       ; line 20
        sta PF0
        sty PF1
        sty PF2
        ldx #6
Lines2  sta WSYNC       ; lines 21..26
        dex
        bne Lines2
        sta WSYNC       ; line 27
        NEXTBALL        ; what line 28 shows
        tay

; ---- lines 28..67: free -------------------------------------------------------------------------
        ldx #0
        sta WSYNC       ; line 28
        sty ENABL
        stx PF1
        stx PF2
        NEXTBALL
        ldx #WALLY-TOP-1
        jsr Free        ; lines 29..67
        ldx #0
        ldy #$C0
        sty GRP0        ; black on black until the bricks begin
        ldy #2
        sty ENAM0
        sty ENAM1
        ldy #6
        sty LineCnt
        ldy #GREY

; ---- lines 68..115: bricks -----------------------------------------------------------------------
; The left half comes from RowA and RowB, the right half from RowD and RowC: PF1 and PF2 are written
; twice a line. So is COLUPF, for the walls at both ends stay grey. A colour clock is a third of a
; cycle, and pixel 0 comes at clock 68: what is stored at cycle c shows from x = 3c - 68 on. A line is
; 76 cycles, which leaves no room for WSYNC: the loop is as long as the line.
NextRow sta WSYNC
BrickLine
        sta ENABL       ; 3
        lda RowA,x      ; 7
        sta PF1         ; 10  before 28
        lda RowB,x      ; 14
        sta PF2         ; 17  before 38
        lda Colours,x   ; 21
        nop             ; 23
        nop             ; 25
        sta COLUPF      ; 28  x = 28 * 3 - 68 = 16: the first brick
        dec BallCnt     ; 33
        lda RowD,x      ; 37
        sta.w PF1       ; 41  after 39 and before 59; a long store, to be late by one
        lda RowC,x      ; 45
        sta PF2         ; 48  exactly: the mirrored half begins with it, at x = 80
        lda #BALLH-1    ; 50
        cmp BallCnt     ; 53
        lda #1          ; 55
        adc #0          ; 57
        dec LineCnt     ; 62
        nop             ; 64
        jmp Wait3       ; 67
Wait3   sty COLUPF      ; 70  x = 70 * 3 - 68 = 142: the last joint, which hides it
        jmp Again       ; 73
Again   bne BrickLine   ; 76
RowEnd
        IF >BrickLine != >RowEnd
        ECHO "BrickLine must lie in one page: a branch across pages takes a cycle more"
        ERR
        ENDIF
        sta ENABL       ; 2   of the first line of mortar (75 + 3)
        lda #0          ; 4
        sta PF1         ; 7
        sta PF2         ; 10
        NEXTBALL
        sta WSYNC       ; second line of mortar
        sta ENABL
        lda #6
        sta LineCnt
        NEXTBALL
        inx
        cpx #6
        bne NextRow

; ---- lines 116..191: free, bat, pit --------------------------------------------------------------
        ldx #0
        stx GRP0
        stx ENAM0
        stx ENAM1
        ldx #$05        ; a player of double width
        stx NUSIZ1
        ldx #TEAL
        stx COLUP1
        ldx #BATY-WALLY-WALLH
        jsr Free        ; lines 116..175
        ldy #$FF
        sta WSYNC       ; line 176
        sta ENABL
        sty GRP1
        NEXTBALL
        ldx #5
        jsr Free        ; lines 177..181
        ldy #0
        sta WSYNC       ; line 182
        sta ENABL
        sty GRP1
        NEXTBALL
        ldx #9
        jsr Free        ; lines 183..191

; =================================================================================================
; Overscan, 30 lines: the game moves on by a frame
; =================================================================================================
        lda #2
        sta WSYNC
        sta VBLANK
        lda #34         ; 34 * 64 cycles are 28.6 lines: over at the 29th WSYNC from here
        sta TIM64T
        lda #0
        sta PF0
        sta ENABL
        jsr Play
OWait   sta WSYNC
        lda INTIM
        bpl OWait
        jmp NextFrame

; Shows X lines of nothing but walls and ball. A holds ENABL of the first line, then of the next.
Free    sta WSYNC
        sta ENABL
        NEXTBALL
        dex
        bne Free
        rts

; =================================================================================================
; The game
; =================================================================================================
Play
; ---- generator: a 16-bit shift register, stirred by all that the player ever did, and when ------
        inc Frame
        lda Rnd
        asl
        rol Rnd+1
        bcc NoTap
        eor #$2D        ; x^16 + x^5 + x^3 + x^2 + 1
NoTap   eor SWCHA
        eor INPT4
        clc
        adc Frame
        sta Rnd

; ---- sound dies away ----------------------------------------------------------------------------
        lda Sound
        beq Silent
        dec Sound
        lda #6
Silent  sta AUDV0

; ---- switches -----------------------------------------------------------------------------------
        lda SWCHB
        lsr
        bcs Bat
        jmp NewGame

; ---- bat ----------------------------------------------------------------------------------------
Bat     ldx BatX
        lda SWCHA
        bmi NotRight
        txa
        clc
        adc #BATV
        cmp #RIGHT-BATW
        bcc AtRight
        lda #RIGHT-BATW
AtRight tax
NotRight
        lda SWCHA
        asl
        bmi NotLeft
        txa
        sec
        sbc #BATV
        cmp #LEFT
        bcs AtLeft
        lda #LEFT
AtLeft  tax
NotLeft stx BatX

        lda Lives
        beq Over
; ---- serve --------------------------------------------------------------------------------------
        lda Pause
        beq Move
        dec Pause
        beq Go
        bit INPT4
        bmi Over        ; FIRE is not pressed
        lda #0
        sta Pause
Go      lda Rnd+1       ; which way is decided as late as can be, so that what was played counts
        and #7
        tax
        lda ServeF,x
        sta VelXf
        lda ServeI,x
        sta VelX
Over    rts

; ---- ball, sideways -----------------------------------------------------------------------------
; The ball moves along one axis, then along the other, and turns on the axis on which it met
; something. It meets bricks with one point, the middle of the edge that leads upwards or downwards.
Move    clc
        lda BallXf
        adc VelXf
        sta BallXf
        lda BallX
        adc VelX
        sta BallX
        ldy #LEFT
        cmp #LEFT
        bcc Side        ; BallX is never below 16 - 3, so this comparison needs no sign
        ldy #RIGHT-BALLW
        cmp #RIGHT-BALLW+1
        bcs Side
        jsr Edge
        jsr Brick
        beq Upright
        jsr TurnX
        jmp Upright
Side    sty BallX
        jsr TurnX
        lda #20
        jsr Beep

; ---- ball, upright ------------------------------------------------------------------------------
Upright clc
        lda BallYf
        adc VelYf
        sta BallYf
        lda BallY
        adc VelY
        sta BallY
        cmp #TOP
        bcs BelowTop
        lda #TOP
        sta BallY
        jsr TurnY
        lda #20
        jmp Beep
BelowTop
        cmp #PITY
        bcs Lost
        jsr Edge
        cmp #BATY
        bcs Low
        jsr Brick
        bne TurnY
        rts
Low     cmp #BATY+8
        bcs Fallen
        bit VelY
        bpl AtBat
Fallen  rts

; ---- the ball is lost ---------------------------------------------------------------------------
Lost    lda #31
        jsr Beep
        dec Lives
        beq Fallen
        jmp NewBall

; ---- bat: hit? ----------------------------------------------------------------------------------
AtBat   lda BallX
        clc
        adc #BALLW-1
        sec
        sbc BatX
        cmp #BATW+BALLW-1
        bcs Fallen
        tax             ; 0..18 from left to right
        lda #BATY-BALLH
        sta BallY
        lda #12
        jsr Beep
        ; Sideways: the further out the faster, and a little chance, or a bat that stands still could
        ; play for ever.
        lda Rnd
        and #$7F
        clc
        adc AngleF,x
        sta VelXf
        lda Angle,x
        adc #0
        sta VelX
        ; A wall that was cleared stands again, now that the ball is far from it.
        lda Bricks
        bne Faster
        inc Walls
        jsr NewWall
        ; Upright: faster by a step for each wall, and for every 8 hits, at most 4 times.
Faster  lda Hits
        cmp #32
        beq Fastest
        inc Hits
Fastest lsr
        lsr
        lsr
        clc
        adc Walls
        tax
        jsr Speed
TurnY   sec
        lda #0
        sbc VelYf
        sta VelYf
        lda #0
        sbc VelY
        sta VelY
        rts

TurnX   sec
        lda #0
        sbc VelXf
        sta VelXf
        lda #0
        sbc VelX
        sta VelX
        rts

; A = line of the edge that leads. Changes A only.
Edge    lda BallY
        bit VelY
        bmi AtEdge
        clc
        adc #BALLH-1
AtEdge  rts

; Breaks the brick at line A under the middle of the ball. Z is set if there was none.
Brick   sec
        sbc #WALLY
        cmp #WALLH
        bcs NoBrick
        sta Temp
        and #7
        cmp #6
        bcs NoBrick     ; mortar
        lda Temp
        lsr
        lsr
        lsr
        sta Temp        ; row
        lda BallX
        sec
        sbc #LEFT-BALLW/2
        lsr
        lsr
        lsr
        lsr
        tax             ; column
        lda Place,x
        clc
        adc Temp
        tay
        lda RowA,y
        and Mask,x
        beq Broken      ; it is gone already
        eor RowA,y
        sta RowA,y
        ldx Temp
        lda Tone,x
        jsr Beep
        sed
        clc
        lda ScoreLo
        adc Points,x
        sta ScoreLo
        lda ScoreHi
        adc #0
        sta ScoreHi
        cld
        dec Bricks
        bne Broke
        lda Walls
        cmp #LASTWALL
        bne Broke
        lda #0          ; the last of all walls is down: won
        sta Lives
Broke   lda #1
Broken  rts
NoBrick lda #0
        rts

; Downwards at speed X: 2 1/4 lines a frame and a quarter more for each step. Changes A.
Speed   lda SpeedF,x
        sta VelYf
        lda SpeedI,x
        sta VelY
        rts

; Sounds tone A. Changes A only.
Beep    sta AUDF0
        lda #4
        sta Sound
        rts

; ---- new game, new wall, new ball ---------------------------------------------------------------
NewGame lda #5
        sta Lives
        lda #0
        sta ScoreLo
        sta ScoreHi
        sta Mode
        sta Walls
        lda #(LEFT+RIGHT-BATW)/2
        sta BatX
        jsr NewWall

NewBall lda Rnd         ; 20..132: 7/8 of 0..127
        and #$7F
        sta Temp
        lsr
        lsr
        lsr
        eor #$FF
        sec
        adc Temp
        clc
        adc #20
        sta BallX
        lda #SERVEY
        sta BallY
        lda #0
        sta Hits
        sta BallXf
        sta BallYf
        lda #PAUSE
        sta Pause
        lda Bricks      ; the last brick may fall just before the ball is lost
        bne SameWall
        inc Walls
        jsr NewWall
SameWall
        ldx Walls
        jmp Speed

NewWall ldx #23
        lda #$FF
Lay     sta RowA,x
        dex
        bpl Lay
        lda #48
        sta Bricks
        rts

; ---- positions object X (0 P0, 1 P1, 2 M0, 3 M1, 4 ball) at A, the rest by HMOVE ----------------
PosX    sec
        sbc #3          ; (in effect: the loop strobes three pixels late)
        sta WSYNC
        sec
Div15   sbc #15
        bcs Div15
        eor #7
        asl
        asl
        asl
        asl
        sta HMP0,x
        sta RESP0,x
        rts

; ---- score: three digits as playfield -----------------------------------------------------------
DrawScore
        lda ScoreHi
        jsr Times5
Hundred lda Font,x
        and #$F0
        sta Digits1,y
        inx
        iny
        cpy #5
        bne Hundred
        lda ScoreLo
        lsr
        lsr
        lsr
        lsr
        jsr Times5
Tens    lda Font,x
        and #$0F
        ora Digits1,y
        sta Digits1,y
        inx
        iny
        cpy #5
        bne Tens
        lda ScoreLo
        jsr Times5
Ones    lda FontR,x
        sta Digits2,y
        inx
        iny
        cpy #5
        bne Ones
        rts

; X = 5 times the low digit of A, Y = 0
Times5  and #$0F
        sta Temp
        asl
        asl
        adc Temp
        tax
        ldy #0
        rts

; =================================================================================================
; Tables
; =================================================================================================
        org $FE00
; Digits, 3 x 5, the same in both halves of a byte
Font    dc.b $77,$55,$55,$55,$77
        dc.b $22,$66,$22,$22,$77
        dc.b $77,$11,$77,$44,$77
        dc.b $77,$11,$77,$11,$77
        dc.b $55,$55,$77,$11,$11
        dc.b $77,$44,$77,$11,$77
        dc.b $77,$44,$77,$55,$77
        dc.b $77,$11,$11,$11,$11
        dc.b $77,$55,$77,$55,$77
        dc.b $77,$55,$77,$11,$77
; The same for PF2, which shows its lowest bit first; one bit in from its left end
FontR   dc.b $0E,$0A,$0A,$0A,$0E
        dc.b $04,$06,$04,$04,$0E
        dc.b $0E,$08,$0E,$02,$0E
        dc.b $0E,$08,$0E,$08,$0E
        dc.b $0A,$0A,$0E,$08,$08
        dc.b $0E,$02,$0E,$08,$0E
        dc.b $0E,$02,$0E,$0A,$0E
        dc.b $0E,$08,$08,$08,$08
        dc.b $0E,$0A,$0E,$0A,$0E
        dc.b $0E,$0A,$0E,$08,$0E
; Balls in reserve by lives 0..5: PF1 and PF2 of the right half, at columns 29, 31, 33, 35
Reserve1 dc.b $00,$00,$00,$00,$01,$05
Reserve2 dc.b $00,$00,$08,$0A,$0A,$0A
; and which of the score's five rows they fill
Round   dc.b $00,$FF,$FF,$FF,$00
; By row of bricks. Colours must lie in one page, like BrickLine.
Colours dc.b $44,$26,$1A,$C8,$9A,$68
        IF >Colours != >(* - 1)
        ECHO "Colours must lie in one page"
        ERR
        ENDIF
Points  dc.b $06,$05,$04,$03,$02,$01
Tone    dc.b $08,$09,$0A,$0B,$0D,$0F
; By column of bricks: which of RowA..RowD, which bits
Place   dc.b 0,0,6,6,12,12,18,18
Mask    dc.b $F0,$0F,$0F,$F0,$F0,$0F,$0F,$F0
; Ball's speed downwards, in lines a frame
SpeedI  dc.b 2,2,2,3,3,3,3,4,4
SpeedF  dc.b $40,$80,$C0,$00,$40,$80,$C0,$00,$40
; Ball's speed sideways after a serve: -1, -3/4, -1/2, -1/4, 1/4, 1/2, 3/4, 1
ServeI  dc.b $FF,$FF,$FF,$FF,$00,$00,$00,$01
ServeF  dc.b $00,$40,$80,$C0,$40,$80,$C0,$00
; and after the bat, by where it was hit: 0.40 0.42 0.46 0.55 0.65 0.76 0.88 1.00 1.08 1.12 from the
; middle outwards, less 1/4, since 0..127 / 256 are added
Angle   dc.b $FE,$FE,$FE,$FE,$FE,$FF,$FF,$FF,$FF,$00,$00,$00,$00,$00,$00,$00,$00,$00,$00
AngleF  dc.b $A1,$AC,$C0,$DF,$FD,$1A,$33,$4A,$54,$26,$2C,$36,$4D,$66,$83,$A1,$C0,$D4,$DF

        org $FFFC
        .word Start     ; RESET
        .word Start     ; BRK
