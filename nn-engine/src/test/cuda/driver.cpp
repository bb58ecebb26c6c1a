// fake libcuda.so.1: CUDA driver API subset on the CPU. Threads of a block are fibers; barriers yield.
#include "emulated.h"
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>
#include <mutex>
#include <cstdint>
#include <sys/mman.h>
#include <chrono>
dim3 threadIdx, blockIdx, blockDim, gridDim;
unsigned char* emulated_dynamic_shared;
static std::map<std::string,KernelInfo>& reg(){ static std::map<std::string,KernelInfo> m; return m; }
void emulated_register(const KernelInfo&k){ reg()[k.name]=k; }
extern "C" void emu_swap(void** from,void* to);
asm(R"(.text
.globl emu_swap
.type emu_swap,@function
emu_swap: push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
 mov %rsp,(%rdi); mov %rsi,%rsp
 pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret
)");
struct Fiber{ void* sp; char* stack; dim3 tid; int state; }; // 0 ready 1 at block barrier 2 at warp barrier 3 done
static const size_t STK=64*1024;
struct Block{ std::vector<Fiber> f; void* main; int cur; void(*call)(void**); void** p; uint8_t slots[1024][64]; };
static thread_local Block* B=nullptr;
static void yield_(){ Fiber&f=B->f[B->cur]; emu_swap(&f.sp,B->main); threadIdx=B->f[B->cur].tid; }
void block_sync(){ B->f[B->cur].state=1; yield_(); }
void warp_sync(){ B->f[B->cur].state=2; yield_(); }
int emulated_lane(){ return B->cur&31; }
void* emulated_slot(int lane){ return B->slots[(B->cur&~31)|lane]; }
static void entry(){ threadIdx=B->f[B->cur].tid; B->call(B->p); B->f[B->cur].state=3; emu_swap(&B->f[B->cur].sp,B->main); abort(); }
static std::string err; 
static int run_block(void(*call)(void**),void**p,dim3 bd,uint64_t seed){
  int n=bd.x*bd.y*bd.z; extern unsigned char* dynamic_memory(); emulated_dynamic_shared=dynamic_memory(); static thread_local std::vector<char*> pool; while((int)pool.size()<n) pool.push_back((char*)mmap(0,STK,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE,-1,0));
  static thread_local Block blk; B=&blk; blk.f.assign(n,Fiber{}); blk.call=call; blk.p=p;
  for(int i=0;i<n;i++){ Fiber&f=blk.f[i]; f.stack=pool[i]; f.tid=dim3(i%bd.x,i/bd.x%bd.y,i/(bd.x*bd.y)); void** s=(void**)(f.stack+STK-64); *--s=nullptr; *--s=(void*)entry; s-=6; f.sp=s; }
  std::vector<int> order(n); for(int i=0;i<n;i++)order[i]=i;
  auto shuffle=[&]{ for(int i=n-1;i>0;i--){ seed^=seed<<13;seed^=seed>>7;seed^=seed<<17; std::swap(order[i],order[seed%(i+1)]);} };
  for(int done=0;done<n;){
    if(seed) shuffle();
    for(int k=0;k<n;k++){ int i=order[k]; if(blk.f[i].state==0){ blk.cur=i; emu_swap(&blk.main,blk.f[i].sp); } }
    // release warps whose live lanes all wait at the warp barrier, then, if all live threads wait at the block barrier, release the block
    done=0; int atb=0; bool prog=false; for(int w=0;w<n;w+=32){ int e=std::min(n,w+32),ww=0,live=0; for(int i=w;i<e;i++){ int s=blk.f[i].state; done+=s==3; live+=s!=3; ww+=s==2; atb+=s==1; } if(ww){ if(ww!=live){ err="divergent warp barrier"; return 719; } for(int i=w;i<e;i++)if(blk.f[i].state==2)blk.f[i].state=0; prog=true; } }
    if(!prog&&done<n){ if(atb!=n){ err="__syncthreads not reached by all threads of the block"; return 719; } for(auto&f:blk.f)f.state=0; }
  }
  return 0; }
struct Op{ int kind; KernelInfo k; dim3 g,b; std::vector<std::vector<uint8_t>> args; void*d;const void*s; size_t n; unsigned v; };
static uint64_t g_seed=0; static int sticky=0;
static int exec(const Op&o){
  if(o.kind==1){ std::memcpy(o.d,o.s,o.n); return 0; } if(o.kind==2){ for(size_t i=0;i<o.n;i++)((unsigned*)o.d)[i]=o.v; return 0; } if(o.kind==3){ std::memset(o.d,o.v,o.n); return 0; }
  void* p[64]; for(size_t i=0;i<o.args.size();i++)p[i]=(void*)o.args[i].data(); blockDim=o.b; gridDim=o.g; uint64_t s=g_seed;
  for(unsigned z=0;z<o.g.z;z++)for(unsigned y=0;y<o.g.y;y++)for(unsigned x=0;x<o.g.x;x++){ blockIdx=dim3(x,y,z); if(s)s=s*6364136223846793005ull+1442695040888963407ull; int r=run_block(o.k.call,p,o.b,s); if(r){ fprintf(stderr,"emu: %s: %s\n",o.k.name,err.c_str()); return sticky=r; } } return 0; }
struct Graph{ std::vector<Op> ops; }; struct Stream{ Graph* cap=nullptr; };
static Stream dflt; static Stream* S(void*h){ return h?(Stream*)h:&dflt; }
static int submit(void*st,Op o){ if(sticky)return sticky; Stream*s=S(st); if(s->cap){ s->cap->ops.push_back(std::move(o)); return 0; } return exec(o); }
typedef unsigned long long P; typedef int R;
#define X extern "C" __attribute__((visibility("default"))) R
static unsigned char dynamic_[1<<18];
X cuInit(unsigned){ if(const char*e=getenv("EMU_SEED"))g_seed=strtoull(e,0,10); return 0; } X cuDriverGetVersion(int*v){*v=13000;return 0;} X cuDeviceGetCount(int*n){*n=1;return 0;} X cuDeviceGet(int*d,int){*d=0;return 0;}
X cuDeviceGetName(char*s,int n,int){ snprintf(s,n,"CPU emulator"); return 0; } X cuDeviceTotalMem_v2(size_t*n,int){*n=1ull<<34;return 0;}
X cuDeviceGetAttribute(int*v,int a,int){ *v=a==75?9:a==76?0:a==16?1:a==10?32:0; return 0; }
X cuDevicePrimaryCtxRetain(void**c,int){*c=(void*)1;return 0;} X cuDevicePrimaryCtxRelease_v2(int){return 0;} X cuCtxSetCurrent(void*){return 0;} X cuCtxCreate_v2(void**c,unsigned,int){*c=(void*)1;return 0;} X cuCtxDestroy_v2(void*){return 0;} X cuCtxSynchronize(){return sticky;}
static std::map<P,std::pair<void*,size_t>> mem; static std::mutex mu;
X cuMemAlloc_v2(P*p,size_t n){ std::lock_guard<std::mutex> l(mu); size_t pg=4096, m=(n+pg-1)/pg*pg; char*b=(char*)mmap(0,m+pg,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); if(b==MAP_FAILED)return 2; mprotect(b+m,pg,PROT_NONE); char*u=b+m-(n+15)/16*16; std::memset(u,0xff,n); *p=(P)u; mem[*p]={b,m+pg}; return 0; }
X cuMemFree_v2(P p){ std::lock_guard<std::mutex> l(mu); auto i=mem.find(p); if(i==mem.end())return 1; munmap(i->second.first,i->second.second); mem.erase(i); return 0; }
X cuMemHostAlloc(void**p,size_t n,unsigned){*p=aligned_alloc(64,(n+63)/64*64);return 0;} X cuMemFreeHost(void*p){free(p);return 0;}
static Op cp(void*d,const void*s,size_t n){Op o{};o.kind=1;o.d=d;o.s=s;o.n=n;return o;}
X cuMemcpyHtoD_v2(P d,const void*s,size_t n){return submit(0,cp((void*)d,s,n));} X cuMemcpyDtoH_v2(void*d,P s,size_t n){return submit(0,cp(d,(void*)s,n));} X cuMemcpyHtoDAsync_v2(P d,const void*s,size_t n,void*st){return submit(st,cp((void*)d,s,n));} X cuMemcpyDtoHAsync_v2(void*d,P s,size_t n,void*st){return submit(st,cp(d,(void*)s,n));} X cuMemcpyDtoDAsync_v2(P d,P s,size_t n,void*st){return submit(st,cp((void*)d,(void*)s,n));}
X cuMemsetD32Async(P d,unsigned v,size_t n,void*st){Op o{};o.kind=2;o.d=(void*)d;o.v=v;o.n=n;return submit(st,o);} X cuMemsetD8Async(P d,unsigned char v,size_t n,void*st){Op o{};o.kind=3;o.d=(void*)d;o.v=v;o.n=n;return submit(st,o);}
X cuStreamCreate(void**s,unsigned){*s=new Stream;return 0;} X cuStreamDestroy_v2(void*s){delete(Stream*)s;return 0;} X cuStreamSynchronize(void*){return sticky;}
X cuStreamBeginCapture_v2(void*s,int){S(s)->cap=new Graph;return 0;} X cuStreamEndCapture(void*s,void**g){*g=S(s)->cap;S(s)->cap=nullptr;return 0;}
X cuGraphInstantiateWithFlags(void**e,void*g,unsigned long long){*e=new Graph(*(Graph*)g);return 0;} X cuGraphLaunch(void*e,void*){ if(sticky)return sticky; for(auto&o:((Graph*)e)->ops)if(int r=exec(o))return r; return 0;} X cuGraphDestroy(void*g){delete(Graph*)g;return 0;} X cuGraphExecDestroy(void*g){delete(Graph*)g;return 0;}
X cuModuleLoadData(void**m,const void*img){ *m=(void*)2; return std::strstr((const char*)img,".version")?0:200; } X cuModuleLoadDataEx(void**m,const void*img,unsigned,void*,void*){return cuModuleLoadData(m,img);} X cuModuleUnload(void*){return 0;}
X cuModuleGetFunction(void**f,void*,const char*n){ auto i=reg().find(n); if(i==reg().end())return 500; *f=(void*)&i->second; return 0; } X cuFuncSetAttribute(void*,int,int){return 0;}
X cuLaunchKernel(void*f,unsigned gx,unsigned gy,unsigned gz,unsigned bx,unsigned by,unsigned bz,unsigned,void*st,void**p,void**){ Op o{}; o.kind=0;o.k=*(KernelInfo*)f;o.g=dim3(gx,gy,gz);o.b=dim3(bx,by,bz); if(bx*by*bz>1024||!gx||!gy||!gz||gy>65535||gz>65535)return 1; for(int i=0;i<o.k.count;i++)o.args.emplace_back((uint8_t*)p[i],(uint8_t*)p[i]+o.k.sizes[i]); return submit(st,std::move(o)); }
struct Ev{double t;}; X cuEventCreate(void**e,unsigned){*e=new Ev;return 0;} X cuEventRecord(void*e,void*){((Ev*)e)->t=std::chrono::duration<double,std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();return 0;} X cuEventSynchronize(void*){return 0;} X cuEventElapsedTime(float*f,void*a,void*b){*f=((Ev*)b)->t-((Ev*)a)->t;return 0;} X cuEventDestroy_v2(void*e){delete(Ev*)e;return 0;}

unsigned char* dynamic_memory(){ std::memset(dynamic_,0xff,sizeof dynamic_); return dynamic_; }
