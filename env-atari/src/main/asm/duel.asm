; Duel: a ball, two paddles, first to 21. The console plays the left paddle.
; An original cartridge for the Atari 2600: 2 KB, NTSC, a joystick in the left port.
;
;   dasm duel.asm -f3 -oduel.bin
;
; It keeps its scores where ALE's rules for "pong" look for them, so that ALE can count for it:
; $8D points of the console, $8E points of the player, $96 number of the game. As there, the
; joystick's right lifts the player's paddle and left lowers it.
;
; One frame is 262 lines of 76 cycles, whatever happens:
;
;   line   0  +-------------------+  vertical sync, 3 lines
;          3  |  vertical blank   |  34 lines by the timer: digits, positions
;         37  |                   |  the first of 210 lines that ALE shows
;             |      7     12     |  scores, 30 lines
;         67  |===================|  wall, 8 lines
;         75  |         :         |  court, 162 lines; the first and the last hold no objects
;             | |       :         |
;             | |       :  o    | |
;             |         :       | |
;        237  |===================|  wall, 8 lines
;        245  |                   |  2 lines
;        247  +-------------------+  overscan, 15 lines by the timer: the game itself
;
; The television draws two players (the digits, then the paddles), missile 0 (the net), the ball
; and the playfield (the walls).

        processor 6502

; ---- the console -------------------------------------------------------------------------------

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
AUDC0   = $15
AUDF0   = $17
AUDV0   = $19
GRP0    = $1B
GRP1    = $1C
ENAM0   = $1D
ENABL   = $1F
HMP0    = $20
HMOVE   = $2A
HMCLR   = $2B
INPT4   = $3C
SWCHA   = $280
SWCHB   = $282
INTIM   = $284
TIM64T  = $296

; ---- memory ------------------------------------------------------------------------------------
; x counts pixels from the left of the screen, y lines from the top of the court. Names that end
; in F are the fraction, 1/256, of the byte after it.
;
;   $80 RndLo RndHi Clock  | BallXF BallX BallYF BallY VelXF | VelX VelYF VelY Level Aim
;   $8D FoeScore MyScore   | FoeYF FoeY MyY                  | Pause Over Switch Beep
;   $96 Game Zone          | Temp, three bytes
;   $A0 RowsL, five bytes  | RowsR, five bytes               | ... $FF stack

RndLo   = $80           ; random numbers; the first three bytes outlive a reset
RndHi   = $81
Clock   = $82           ; frames
BallXF  = $83           ; the ball's upper left corner
BallX   = $84
BallYF  = $85
BallY   = $86
VelXF   = $87           ; pixels a frame, signed
VelX    = $88
VelYF   = $89           ; lines a frame, signed
VelY    = $8A
Level   = $8B           ; index of the ball's speed, 0 to 7
Aim     = $8C           ; lines by which the console misjudges the coming ball, signed
FoeScore = $8D          ; read by ALE
MyScore = $8E           ; read by ALE
FoeYF   = $8F           ; upper edge of the console's paddle
FoeY    = $90
MyY     = $91           ; upper edge of the player's paddle
Pause   = $92           ; frames until the ball is served
Over    = $93           ; not 0 after the last point
Switch  = $94           ; the console's switches one frame ago
Beep    = $95           ; frames that the sound goes on
Game    = $96           ; read by ALE: 0, or 1 for a fast ball
Zone    = $97           ; where a paddle was hit last
Temp    = $98
RowsL   = $A0           ; the digits of both scores, lowest row first
RowsR   = $A5

; ---- the rules ---------------------------------------------------------------------------------

HEIGHT  = 160           ; lines of the court
PADDLE  = 28            ; lines of a paddle; it is 4 pixels wide
BALL    = 8             ; lines of the ball; it is 4 pixels wide
LOWEST  = HEIGHT-PADDLE ; of a paddle's upper edge
FOEX    = 16            ; left edge of the console's paddle
MYX     = 140           ; left edge of the player's paddle
NETX    = 79
STEP    = 4             ; lines a frame that the player moves
FOESTEP = $0100         ; lines a frame that the console moves, with fraction
SIGHT   = 110           ; the console sees the ball left of this
DEAF    = 4             ; lines that the console does not care about
WAIT    = 24            ; frames from a point to the next serve
LAST    = 21            ; points that win

BLACK   = $00
COURT   = $82           ; dark blue
NET     = $86
WHITE   = $0E
FOECOL  = $2A           ; orange
MYCOL   = $CA           ; green

        org $F800

Start   sei
        cld
        ldx #$FF
        txs
; The first three bytes stay as they are, noise at first and later what the game before left in
; them: no two games are alike, even for a player who does nothing.
        inx
        txa                 ; 0
Clear   sta RndLo+3,x
        inx
        cpx #$100-RndLo-3
        bne Clear
        tax
Quiet   sta VSYNC,x         ; all that draws or sounds
        inx
        cpx #HMCLR
        bne Quiet
        jsr NewGame

; ---- vertical sync and blank -------------------------------------------------------------------

Frame   lda #2
        sta WSYNC
        sta VSYNC           ; line 0
        sta WSYNC
        sta WSYNC
        sta WSYNC
        lda #0
        sta VSYNC           ; line 3
        sta COLUBK
        lda #FOECOL
        sta COLUP0
        lda #MYCOL
        sta COLUP1
        lda #$15            ; digits: players twice as wide; missiles 2 pixels
        sta NUSIZ0
        sta NUSIZ1
        lda #40             ; set at cycle 36: (40 - 1) * 64 more end within the last of 34 lines
        sta TIM64T

        lda FoeScore
        ldx #0
        jsr Digits
        lda MyScore
        ldx #RowsR-RowsL
        jsr Digits

        lda #42             ; the last digits lie alike on both sides of the net
        ldx #0
        jsr Place
        lda #84
        ldx #1
        jsr Place
        lda #NETX-2
        ldx #2
        jsr Place
        lda BallX
        sec
        sbc #2
        ldx #4
        jsr Place
        sta WSYNC
        sta HMOVE
        lda #$24            ; ball 4 pixels, in front of the net
        sta CTRLPF
Blank   lda INTIM
        bne Blank
        sta HMCLR           ; the next HMOVE is for the paddles alone
        sta WSYNC
        sta VBLANK          ; line 37: picture on

; ---- scores: 5 empty lines, 5 rows of 4 lines, 5 lines to turn digits into paddles ---------------

        sta WSYNC
        sta WSYNC
        sta WSYNC
        sta WSYNC
        ldx #4
Row     ldy #4
RowLine sta WSYNC
        lda RowsL,x
        sta GRP0
        lda RowsR,x
        sta GRP1
        dey
        bne RowLine
        dex
        bpl Row
        sta WSYNC           ; line 62
        lda #0
        sta GRP0
        sta GRP1
        lda #$10            ; paddles: single width
        sta NUSIZ0
        sta NUSIZ1
        lda #MYX-3
        ldx #1
        jsr Place           ; line 63; ends so late that line 64 is lost too
        lda #FOEX-3
        ldx #0
        jsr Place           ; line 65
        sta WSYNC           ; line 66
        sta HMOVE           ; black: its comb is not seen

; ---- upper wall, lighter in the middle -----------------------------------------------------------

        ldx #7
        lda #$FF
Upper   sta WSYNC           ; lines 67 to 74
        sta PF0
        sta PF1
        sta PF2
        ldy Shade,x
        sty COLUPF          ; 16, before the first pixel at cycle 22
        dex
        bpl Upper
        lda #COURT
        sta COLUBK          ; behind the wall
        sta WSYNC           ; line 75
        inx                 ; 0
        stx PF0
        stx PF1
        stx PF2
        lda #WHITE
        sta COLUPF
        txa                 ; no ball yet

; ---- court: two lines a turn. X counts lines, A holds the ball of the next ------------------------
; `cmp` clears the carry within an object; $FF + carry makes $FF or 0 of it without a branch, so
; that every turn takes the same time. Numbers are cycles of the line when the instruction ends;
; pixel p is drawn at cycle (68 + p) / 3.
; The net is missile 0, whose colour is that of player 0: it changes between paddle and net.

Court   sta WSYNC
        sta ENABL           ; 3
        lda #FOECOL
        sta COLUP0          ; 8
        txa
        sec
        sbc FoeY
        cmp #PADDLE
        lda #$FF
        adc #0
        and #$F0            ; 4 pixels
        sta GRP0            ; 26, before pixel 16 at cycle 28
        txa
        clc
        adc #4
        lsr
        lsr                 ; bit 3 of line + 4 enables the net: dashes of 8 lines
        sta ENAM0           ; 39, before pixel 79 at cycle 49
        lda #NET
        sta COLUP0          ; 44, after pixel 19 at cycle 29
        inx
        txa
        sec
        sbc BallY
        cmp #BALL
        lda #$FF
        adc #0
        sta WSYNC           ; 62
        sta ENABL           ; 3
        lda #FOECOL
        sta COLUP0          ; 8
        txa
        sec
        sbc MyY
        cmp #PADDLE
        lda #$FF
        adc #0
        and #$F0
        sta GRP1            ; 26, before pixel 140
        nop
        nop
        lda #NET
        sta COLUP0          ; 35
        inx
        txa
        sec
        sbc BallY
        cmp #BALL
        lda #$FF
        adc #0
        cpx #HEIGHT
        bne Court           ; 55

        sta WSYNC           ; line 236
        lda #0
        sta ENABL
        sta GRP0
        sta GRP1
        sta ENAM0

; ---- lower wall ----------------------------------------------------------------------------------

        ldx #7
        lda #$FF
Lower   sta WSYNC           ; lines 237 to 244
        sta PF0
        sta PF1
        sta PF2
        ldy Shade,x
        sty COLUPF
        dex
        bpl Lower
        sta WSYNC           ; line 245
        inx                 ; 0
        stx PF0
        stx PF1
        stx PF2
        stx COLUBK
        sta WSYNC
        sta WSYNC           ; line 247

; ---- overscan: the game --------------------------------------------------------------------------

        lda #2
        sta VBLANK
        lda #18             ; set at cycle 11: (18 - 1) * 64 more end within the last of 15 lines
        sta TIM64T
        inc Clock

        lda Beep
        beq Silent
        dec Beep
        lda #6
Silent  sta AUDV0

; Random numbers: a step of a shift register, stirred with the joystick and the clock.
        lsr RndHi
        ror RndLo
        bcc Stir
        lda RndHi
        eor #$B4
        sta RndHi
Stir    lda SWCHA
        asl
        adc RndLo
        eor Clock
        sta RndLo

; SELECT (bit 1) changes the game once when it is pressed, RESET (bit 0) begins anew while it is.
        lda SWCHB
        tax
        eor Switch
        and Switch          ; bits that fell since the frame before
        stx Switch
        and #2
        beq Same
        lda Game
        eor #1
        sta Game
        jsr NewGame
Same    lda Switch
        lsr
        bcs Play
        jsr NewGame
        jmp Done

Play    lda Over
        bne Done
        jsr MovePlayer
        lda Pause
        beq Rally
        dec Pause
        bit INPT4
        bmi Done
        lda #0              ; FIRE serves at once
        sta Pause
Rally   jsr MoveFoe
        jsr MoveBall
Done    lda INTIM
        bne Done
        jmp Frame

; ---- the player's paddle: right or up lifts it, left or down lowers it ----------------------------

MovePlayer
        lda SWCHA           ; right left down up, 0 when pressed
        and #$90
        cmp #$90
        beq NotUp
        lda MyY
        sec
        sbc #STEP
        bcs Moved
        lda #0
Moved   sta MyY
        rts
NotUp   lda SWCHA
        and #$60
        cmp #$60
        beq Unmoved
        lda MyY
        clc
        adc #STEP
        cmp #LOWEST
        bcc Moved
        lda #LOWEST
        bne Moved
Unmoved rts

; ---- the console's paddle: follows a coming ball that it sees, slowly and beside it ----------------

MoveFoe bit VelX
        bpl Stay            ; it goes away
        lda BallX
        cmp #SIGHT
        bcs Stay            ; too far
        lda BallY           ; where the paddle should be: middle to middle, in the court
        sec
        sbc #(PADDLE-BALL)/2
        bcs Under
        lda #0
Under   cmp #LOWEST
        bcc Over0
        lda #LOWEST
Over0   sta Temp
        clc
        adc Aim             ; where the console believes that it should be: an error that would
        cmp #LOWEST+1       ; lead out of the court leads inwards
        bcc Wrong
        lda Temp
        sec
        sbc Aim
Wrong   sec
        sbc FoeY
        bcc Above
        cmp #DEAF
        bcc Stay
        clc
        lda FoeYF
        adc #<FOESTEP
        sta FoeYF
        lda FoeY
        adc #>FOESTEP
        sta FoeY
        rts
Above   cmp #256-DEAF
        bcs Stay
        sec
        lda FoeYF
        sbc #<FOESTEP
        sta FoeYF
        lda FoeY
        sbc #>FOESTEP
        sta FoeY
Stay    rts

; ---- the ball --------------------------------------------------------------------------------------

MoveBall
        clc
        lda BallYF
        adc VelYF
        sta BallYF
        lda BallY
        adc VelY
        sta BallY
        cmp #HEIGHT-BALL+1
        bcc Across
        ldx #0              ; past a wall: the upper one if it was going up
        bit VelY
        bmi Bounce
        ldx #HEIGHT-BALL
Bounce  stx BallY
        sec
        lda #0
        sbc VelYF
        sta VelYF
        lda #0
        sbc VelY
        sta VelY
        lda #$18
        jsr Sound

Across  clc
        lda BallXF
        adc VelXF
        sta BallXF
        lda BallX
        adc VelX
        sta BallX
        bit VelX
        bmi Leftwards

        cmp #MYX-3          ; the first x at which a ball of 4 pixels lies on the paddle
        bcc Flies
        cmp #MYX+4
        bcs Behind
        lda MyY
        ldx #0
        jsr Meet
        bcs Flies
        lda #MYX-4
        sta BallX
        ldx Level
        sec
        lda #0
        sbc SpeedF,x
        sta VelXF
        lda #0
        sbc Speed,x
        sta VelX
        ldx Zone            ; how wrong the console will be about this ball
        lda RndHi
        and Wide,x
        sec
        sbc Half,x
        bit SWCHB           ; left difficulty A: half as wrong
        bvc Fooled
        cmp #$80
        ror
Fooled  sta Aim
        rts
Behind  cmp #155
        bcc Flies
        inc FoeScore
        lda FoeScore
        bne Point

Leftwards
        cmp #FOEX+4
        bcs Flies
        cmp #FOEX-4
        bcc Past
        lda FoeY
        ldx #9
        jsr Meet
        bcs Flies
        lda #FOEX+4
        sta BallX
        ldx Level
        lda SpeedF,x
        sta VelXF
        lda Speed,x
        sta VelX
Flies   rts
Past    cmp #4
        bcs Flies
        inc MyScore
        lda MyScore

; A point was made: A is the score of who made it.
Point   cmp #LAST
        bne GoOn
        sta Over
        lda #200            ; out of sight
        sta BallY
        bne Buzz
GoOn    jsr NewBall
Buzz    lda #$1F
        jmp Sound

; Does the ball meet the paddle with upper edge A? The carry is clear if so, and the ball goes up
; or down by where it met the paddle: one of nine zones, with a little chance. X is the first of
; the paddle's zones in the table.
Meet    stx Zone
        sta Temp
        lda BallY
        clc
        adc #BALL-1
        sec
        sbc Temp            ; 0 when they touch at the upper edge
        cmp #PADDLE+BALL-1
        bcs Missed
        lsr
        lsr
        clc
        adc Zone
        sta Zone
        tax
        lda RndLo
        and #$7F
        clc
        adc SlopeF,x
        sta VelYF
        lda Slope,x
        adc #0
        sta VelY
        ldx Level           ; faster after every return
        cpx #7
        bcs Fastest
        inc Level
Fastest lda #$0C
        jsr Sound
        clc
Missed  rts

Sound   sta AUDF0
        lda #4
        sta AUDC0
        sta Beep
        rts

; ---- a new game, a new ball --------------------------------------------------------------------------

NewGame lda #0
        sta FoeScore
        sta MyScore
        sta Over
        lda #LOWEST/2
        sta FoeY
        sta MyY

; The console always serves: from the net, anywhere, up to one line a frame up or down.
NewBall lda #WAIT
        sta Pause
        lda #NETX-1
        sta BallX
        lda RndLo
        asl                 ; bit 7 gives the sign of the slope, the others the place
        tax
        lda #0
        adc #$FF            ; 0 with the bit, -1 without
        sta VelY
        lda RndHi
        sta VelYF
        txa
        lsr
        clc
        adc #12
        sta BallY
        ldx #0
        lda Game
        beq Slow
        ldx #4
Slow    stx Level
        lda SpeedF,x
        sta VelXF
        lda Speed,x
        sta VelX
        rts

; ---- digits: A, 0 to 21, into five rows at RowsL + X ---------------------------------------------------

Digits  ldy #50             ; tens: blank, or 5 bytes for each digit
        cmp #10
        bcc Ones
        ldy #5
        sbc #10
        cmp #10
        bcc Ones
        ldy #10
        sbc #10
Ones    sta Temp
        asl
        asl
        adc Temp
        sta Temp
        lda #5
        sta Temp+1
Digit   lda Font,y
        asl
        asl
        asl
        asl
        sty Temp+2
        ldy Temp
        ora Font,y
        sta RowsL,x
        inx
        inc Temp
        ldy Temp+2
        iny
        dec Temp+1
        bne Digit
        rts

; ---- object X to pixel A + 3, or A + 2 for missiles and ball, at the next HMOVE -------------------------
; A turn of 5 cycles is 15 pixels; what remains becomes a motion of -7 to 7.

Place   sta WSYNC
        sec
Divide  sbc #15
        bcs Divide
        eor #7
        asl
        asl
        asl
        asl
        sta HMP0,x
        sta RESP0,x
        rts

; ---- tables ----------------------------------------------------------------------------------------------

Shade   .byte $04,$06,$08,$0A,$0A,$08,$06,$04

; pixels a frame, 2 to 3.75
SpeedF  .byte $00,$40,$80,$C0,$00,$40,$80,$C0
Speed   .byte 2,2,2,2,3,3,3,3

; lines a frame less a quarter, from a paddle's top to its bottom
;              -3    -2    -1   -1/2    0    1/2    1     2     3      the player
;             -3/2   -1   -1/2  -1/4    0    1/4   1/2    1    3/2     the console
SlopeF  .byte <-$340,<-$240,<-$140,<-$0C0,<-$040,<$040,<$0C0,<$1C0,<$2C0
        .byte <-$1C0,<-$140,<-$0C0,<-$080,<-$040,<$000,<$040,<$0C0,<$140
Slope   .byte >-$340,>-$240,>-$140,>-$0C0,>-$040,>$040,>$0C0,>$1C0,>$2C0
        .byte >-$1C0,>-$140,>-$0C0,>-$080,>-$040,>$000,>$040,>$0C0,>$140

; by how many lines the console errs, -Half to Wide - Half: more before a steep ball
Wide    .byte $7F,$7F,$3F,$3F,$3F,$3F,$3F,$7F,$7F
Half    .byte $40,$40,$20,$20,$20,$20,$20,$40,$40

; 0 to 9 and blank, lowest row first
Font    .byte 7,5,5,5,7
        .byte 7,2,2,6,2
        .byte 7,4,7,1,7
        .byte 7,1,7,1,7
        .byte 1,1,7,5,5
        .byte 7,1,7,4,7
        .byte 7,5,7,4,7
        .byte 1,1,1,1,7
        .byte 7,5,7,5,7
        .byte 7,1,7,5,7
        .byte 0,0,0,0,0

        org $FFFC
        .word Start
        .word Start
